// Attributes as rows: which resource has a key, its default, and what values it takes.
import { awsError, invalid } from '../errors.ts'
import type { Tags } from '../records.ts'

/** One attribute. `S` is the resource that carries it. */
export type AttributeRow<S> = {
  readonly default: string | ((subject: S) => string)
  /** What is wrong with a value; undefined when nothing is. */
  readonly check: (value: string) => string | undefined
  /** Which resources have it; all when absent. */
  readonly on?: (subject: S) => boolean
}

export type AttributeRows<S> = Readonly<Record<string, AttributeRow<S>>>

/** How many attributes one call may change; AWS answers ValidationError to more. */
const mostChanges = 20

export const trueOrFalse = oneOf('true', 'false')
export const anyText = (): undefined => undefined

/** A value out of a list. */
export function oneOf(...values: readonly string[]): (value: string) => string | undefined {
  return value => (values.includes(value) ? undefined : `must be one of ${values.join(', ')}`)
}

/** A whole number between two bounds, or one of some words. */
export function between(min: number, max: number, ...words: readonly string[]): (value: string) => string | undefined {
  return value =>
    words.includes(value) || (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max)
      ? undefined
      : `must be between ${min} and ${max}${words.map(word => ` or ${word}`).join('')}`
}

/** All attributes of a resource, defaults included, as the Describe calls list them. */
export function attributesOf<S>(rows: AttributeRows<S>, subject: S, set: Tags): { Key: string; Value: string }[] {
  return Object.entries(rows)
    .filter(([, row]) => row.on?.(subject) ?? true)
    .map(([key, row]) => ({
      Key: key,
      Value: set[key] ?? (typeof row.default === 'string' ? row.default : row.default(subject)),
    }))
}

/** The value of one attribute. */
export function attributeOf<S>(rows: AttributeRows<S>, subject: S, set: Tags, key: string): string | undefined {
  const row = rows[key]
  if (!row || row.on?.(subject) === false) return undefined
  return set[key] ?? (typeof row.default === 'string' ? row.default : row.default(subject))
}

/** What is set after a Modify call. Throws when a key is unknown, repeated or not of this resource, or a value is out of range. */
export function withAttributes<S>(
  what: string,
  rows: AttributeRows<S>,
  subject: S,
  set: Tags,
  changes: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): Tags {
  if (changes.length > mostChanges)
    throw invalid(`1 validation error detected: 'attributes' must have length less than or equal to ${mostChanges}`)
  const keys = changes.map(change => change.Key ?? '')
  if (new Set(keys).size < keys.length) throw invalid(`A ${what} attribute key was specified more than once`)
  for (const { Key: key = '', Value: value = '' } of changes) {
    const row = rows[key]
    if (!row) throw invalid(`${what} attribute key '${key}' is not recognized`)
    if (row.on && !row.on(subject))
      throw awsError('InvalidConfigurationRequest', `${what} attribute key '${key}' is not supported on this resource`)
    const wrong = row.check(value)
    if (wrong) throw invalid(`${what} attribute value '${value}' is not valid for '${key}': ${wrong}`)
  }
  return { ...set, ...Object.fromEntries(changes.map(({ Key: key = '', Value: value = '' }) => [key, value])) }
}
