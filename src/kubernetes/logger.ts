// The logger that this folder is handed: the four levels of pino, so that a pino logger fits as it is.

/** Writes one structured line. `fields` come first, as in pino; the message is a constant phrase. */
export type LogLine = (fields: object, message: string) => void

/** What the code here needs of a logger. A pino instance satisfies it. */
export interface Logger {
  readonly debug: LogLine
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
}

const nothing: LogLine = () => {}

/** A logger that keeps silent: for tests, and for one-shot commands that report by themselves. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
