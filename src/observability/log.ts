// The log: JSON lines by pino, one per decision, written at once, with secrets taken out.
import { pino } from 'pino'
import type { DestinationStream } from 'pino'
import { withoutSecrets, withoutSecretText } from './secrets.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Writes one structured line. `fields` come first; the message is a constant phrase. */
export type LogLine = (fields: object, message: string) => void

/** What every part of the program is handed to write its log with. `child` adds fields to all of its lines. */
export interface Log {
  readonly debug: LogLine
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
  child(fields: Readonly<Record<string, unknown>>): Log
}

/** The log of a program, whose level can be changed while it runs, for it and all of its children. */
export interface ProgramLog extends Log {
  level: LogLevel
}

export interface LogOptions {
  readonly level: LogLevel
  /** Put into each line as `program`. */
  readonly program: string
  /** Where lines go. Standard output unless told; written synchronously, so that nothing is lost when the process ends. */
  readonly destination?: DestinationStream
}

/** What carries a key of TLS has it under this name. */
const secretFields = ['tls.key', '*.tls.key', '*.*.tls.key']

/** A log for one program. Times are ISO 8601, levels are words. */
export function createLog({ level, program, destination }: LogOptions): ProgramLog {
  const root = pino(
    {
      // Children of pino keep the level they were born with; here one place decides for all.
      level: 'debug',
      base: { program },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: { paths: secretFields, censor: '[redacted]' },
      serializers: { error: describeError, err: describeError },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  )
  const now = { level }
  const line =
    (writer: Writer, of: Exclude<LogLevel, 'silent'>): LogLine =>
    (fields, message) => {
      if (logLevels.indexOf(of) >= logLevels.indexOf(now.level)) writer[of](cleaned(fields), message)
    }
  const linesOf = (writer: Writer): Log => ({
    debug: line(writer, 'debug'),
    info: line(writer, 'info'),
    warn: line(writer, 'warn'),
    error: line(writer, 'error'),
    child: fields => linesOf(writer.child(cleaned(fields))),
  })
  return {
    ...linesOf(root),
    get level() {
      return now.level
    },
    set level(next) {
      if (next === now.level) return
      const told = { from: now.level, to: next }
      now.level = next
      root.info(told, 'the level of the log is changed')
    },
  }
}

interface Writer extends Readonly<Record<Exclude<LogLevel, 'silent'>, (fields: object, message: string) => void>> {
  child(fields: object): Writer
}

function cleaned(fields: object): object {
  const shown = withoutSecrets(fields)
  return typeof shown === 'object' && shown !== null ? shown : {}
}

/** An error as fields: its name, code, message and remedy, causes folded in; the stack only of programming mistakes. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const typed: Error & { readonly code?: unknown; readonly remedy?: unknown; readonly retry?: unknown } = error
  const { code, remedy, retry } = typed
  const mistake = retry === undefined && error.name !== 'AbortError'
  return {
    name: error.name,
    message: withoutSecretText(error.message),
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(error.cause instanceof Error ? { cause: withoutSecretText(error.cause.message) } : {}),
    ...(mistake && error.stack !== undefined ? { stack: withoutSecretText(error.stack) } : {}),
  }
}
