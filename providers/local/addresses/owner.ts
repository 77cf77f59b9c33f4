// Whose an address is.

export interface Owner {
  readonly uid: string
  readonly namespace: string
  readonly name: string
}
