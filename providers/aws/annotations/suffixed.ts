// Annotations whose key ends in the port or the listener they are for: `actions.TCP-80`, `…target-group-attributes.443`. Pure.
import type { AnnotationMistake, Annotations } from '../../../src/api/annotations.ts'
import type { AwsSettingName } from '../../../src/api/aws-class.ts'
import { servicePrefix, suffixRows } from '../annotations.ts'
import type { Attributes } from '../settings/aws-settings.ts'
import type { Forward } from './forward.ts'
import type { SuffixRow } from './row.ts'

export interface SuffixedValues {
  /** By `443`. */
  readonly targetGroupAttributesByPort: ReadonlyMap<string, Attributes>
  /** By `TCP-80`. */
  readonly listenerAttributesByListener: ReadonlyMap<string, Attributes>
  /** By `TCP-80`. */
  readonly forwardByListener: ReadonlyMap<string, Forward>
}

/** A key of a suffix table taken apart; undefined for every other key. */
export interface SuffixedKey {
  readonly row: SuffixRow
  readonly name: keyof typeof suffixRows
  readonly suffix: string
}

const forms: Readonly<Record<SuffixRow['suffix'], { readonly pattern: RegExp; readonly like: string }>> = {
  PORT: { pattern: /^[1-9][0-9]{0,4}$/, like: 'a port, as .443' },
  'PROTO-PORT': { pattern: /^(TCP|UDP|TLS|TCP_UDP)-[1-9][0-9]{0,4}$/, like: 'a protocol and a port, as .TCP-80' },
}

export function parseSuffixedKey(key: string): SuffixedKey | undefined {
  if (!key.startsWith(servicePrefix)) return undefined
  for (const name of ['aws-load-balancer-target-group-attributes', 'aws-load-balancer-listener-attributes', 'actions'] as const) {
    const start = `${servicePrefix}${name}.`
    if (key.startsWith(start)) return { row: suffixRows[name], name, suffix: key.slice(start.length) }
  }
  return undefined
}

/** The setting a key with a suffix is part of. */
export function suffixedSetting(key: string): AwsSettingName | undefined {
  return parseSuffixedKey(key)?.row.setting
}

export function readSuffixed(annotations: Annotations): {
  readonly values: SuffixedValues
  readonly mistakes: readonly AnnotationMistake[]
} {
  const byPort = new Map<string, Attributes>()
  const byListener = new Map<string, Attributes>()
  const forwards = new Map<string, Forward>()
  const mistakes: AnnotationMistake[] = []
  const read = <Value>(
    key: string,
    suffix: string,
    row: { readonly parse: (text: string) => { readonly value: Value } | { readonly error: string } },
    into: Map<string, Value>,
  ) => {
    const parsed = row.parse(annotations[key] ?? '')
    if ('error' in parsed) mistakes.push(mistake(key, parsed.error, 'Correct the value or remove the annotation.'))
    else into.set(suffix, parsed.value)
  }
  for (const key of Object.keys(annotations).toSorted()) {
    const parsed = parseSuffixedKey(key)
    if (!parsed) continue
    const { name, suffix, row } = parsed
    const form = forms[row.suffix]
    if (!form.pattern.test(suffix) || Number(suffix.split('-').at(-1)) > 65_535) {
      mistakes.push(mistake(key, `${JSON.stringify(suffix)} is not ${form.like}`, `End the key with ${form.like}.`))
    } else if (name === 'actions') read(key, suffix, suffixRows[name], forwards)
    else if (name === 'aws-load-balancer-listener-attributes') read(key, suffix, suffixRows[name], byListener)
    else read(key, suffix, suffixRows[name], byPort)
  }
  return {
    values: { targetGroupAttributesByPort: byPort, listenerAttributesByListener: byListener, forwardByListener: forwards },
    mistakes,
  }
}

function mistake(key: string, error: string, remedy: string): AnnotationMistake {
  return { key, reason: 'InvalidAnnotation', message: `Annotation ${key}: ${error}.`, remedy, severity: 'blocks' }
}
