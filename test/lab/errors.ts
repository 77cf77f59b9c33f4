// The one error of the lab: what is wrong, and the command or change that repairs it.

export type LabErrorCode =
  | 'unsupported-system'
  | 'missing-kernel-feature'
  | 'needs-root'
  | 'missing-command'
  | 'missing-go'
  | 'build-failed'
  | 'not-ready'
  | 'process-ended'
  | 'command-failed'
  | 'in-use'
  | 'no-such-lab'
  | 'usage'

/** Something the lab cannot do. `message` is one line for a person; `remedy` is what to type or change, when there is such a thing. */
export class LabError extends Error {
  readonly code: LabErrorCode
  readonly remedy: string | undefined

  constructor(code: LabErrorCode, message: string, remedy?: string) {
    super(remedy === undefined ? message : `${message}\n  ${remedy}`)
    this.name = 'LabError'
    this.code = code
    this.remedy = remedy
  }
}
