// There is no such object.

export class MissingError extends Error {
  override readonly name = 'MissingError'
}
