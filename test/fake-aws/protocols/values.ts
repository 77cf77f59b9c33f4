// Values whose type only the service model knows, looked at before they are used.

/** A structure's members by name. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError(`expected a structure, got ${String(value)}`)
  return Object.fromEntries(Object.entries(value))
}

/** A list's items. */
export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`expected a list, got ${String(value)}`)
  return value
}

/** A moment. */
export function dateOf(value: unknown): Date {
  if (!(value instanceof Date)) throw new TypeError(`expected a date, got ${String(value)}`)
  return value
}

/** Bytes as base64. */
export function base64Of(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw new TypeError(`expected bytes, got ${String(value)}`)
  return Buffer.from(value).toString('base64')
}

/** Text, or what a number or a truth value says. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  throw new TypeError(`expected text, got ${typeof value}`)
}
