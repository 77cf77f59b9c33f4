// The log: JSON lines by pino, one per decision, written at once, with secrets taken out.
import { pino } from 'pino'
import type { DestinationStream } from 'pino'

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

export interface LogOptions {
  readonly level: LogLevel
  /** Put into each line as `program`. */
  readonly program: string
  /** Where lines go. Standard output unless told; written synchronously, so that nothing is lost when the process ends. */
  readonly destination?: DestinationStream
}

/** Fields that may carry a credential, wherever an object of the log holds them down to two levels. */
const secretFields = ['authorization', 'Authorization', 'token', 'password', 'tls.key'].flatMap(field => [
  field,
  `*.${field}`,
  `*.*.${field}`,
])

/** A log for one program. Times are ISO 8601, levels are words. */
export function createLog({ level, program, destination }: LogOptions): Log {
  return pino(
    {
      level,
      base: { program },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: { paths: secretFields, censor: '[redacted]' },
      serializers: { error: describeError, err: describeError },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  )
}

/** An error as fields: its name, code, message and remedy, causes folded in; the stack only of programming mistakes. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const typed: Error & { readonly code?: unknown; readonly remedy?: unknown; readonly retry?: unknown } = error
  const { code, remedy, retry } = typed
  const mistake = retry === undefined && error.name !== 'AbortError'
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(error.cause instanceof Error ? { cause: error.cause.message } : {}),
    ...(mistake ? { stack: error.stack } : {}),
  }
}
