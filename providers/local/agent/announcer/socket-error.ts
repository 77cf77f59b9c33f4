// A failed call into the C library, by the name that manuals give its error.
import { getSystemErrorMap } from 'node:util'

/** A call into the C library failed. `code` is the name of the errno, as `EPERM`. */
export class SocketError extends Error {
  override readonly name = 'SocketError'
  readonly code: string
  /** What to do about it. */
  readonly remedy: string

  constructor(operation: string, errno: number) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error']
    super(`${operation}: ${text} (${code})`)
    this.code = code
    this.remedy = code === 'EPERM' ? 'Give the agent the capability NET_RAW.' : 'It is tried again.'
  }
}
