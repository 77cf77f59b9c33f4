// The form of the examples that the true API server judges.
export interface Example {
  readonly why: string
  readonly kind: string
  /** `x` when absent. */
  readonly name?: string
  readonly spec: object
}

export interface InvalidExample extends Example {
  /** What the answer must say. */
  readonly error: string
}

/** A change of an object that is there. */
export interface InvalidChange {
  readonly why: string
  readonly kind: string
  readonly name?: string
  readonly spec: object
  /** Merge patch of the object, or of its status when `status` is set. */
  readonly patch: object
  readonly error: string
}
