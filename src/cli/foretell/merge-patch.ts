// A JSON merge patch (RFC 7386) applied in memory: null removes, objects are merged, everything else is replaced.

/** Pure. */
export function applyPatch<T extends object>(target: T, patch: object): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever patches keeps to the kind
  return merged(target, patch) as T
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch
  const result: Record<string, unknown> = isPlain(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key)
    else if (value !== undefined) result[key] = merged(result[key], value)
  }
  return result
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
