// Reads the annotations of an Ingress, or of a Service behind one: values, mistakes, and keys that nobody knows. Pure.
import type { AnnotationMistake, Annotations } from '../../../../src/api/annotations.ts'
import { nearest } from '../../../../src/api/nearest.ts'
import type { RuleCondition, RuleTransform } from '../../model/application.ts'
import type { Attributes } from '../../settings/aws-settings.ts'
import { ingressAnnotations, ingressPrefix, ingressSuffixRows, ownIngressAnnotations } from '../ingress.ts'
import type { ActionWish } from './action.ts'
import { refusedBeginnings } from './refused-rows.ts'
import type { IngressRow, Scope } from './row.ts'

export type IngressValues = ReturnType<typeof ingressAnnotations.parse>['values'] &
  ReturnType<typeof ownIngressAnnotations.parse>['values']

export interface IngressSuffixed {
  /** By the name of a backend. */
  readonly actions: ReadonlyMap<string, ActionWish>
  readonly conditions: ReadonlyMap<string, readonly RuleCondition[]>
  readonly transforms: ReadonlyMap<string, readonly RuleTransform[]>
  /** By `HTTPS-443`. */
  readonly listenerAttributes: ReadonlyMap<string, Attributes>
}

export interface ReadAnnotations {
  readonly values: IngressValues
  readonly suffixed: IngressSuffixed
  readonly mistakes: readonly AnnotationMistake[]
}

/** Everything an Ingress may carry. Never throws. */
export function readIngressAnnotations(annotations: Annotations): ReadAnnotations {
  const [alb, own] = [ingressAnnotations.parse(annotations), ownIngressAnnotations.parse(annotations)]
  const suffixed = readSuffixed(annotations)
  return {
    values: { ...own.values, ...alb.values },
    suffixed: suffixed.values,
    mistakes: [...alb.mistakes, ...own.mistakes, ...suffixed.mistakes, ...unknown(annotations)],
  }
}

/** What a Service may carry: about its targets, and who may send requests to it. What else it carries is nobody's mistake. */
export function readServiceAnnotations(annotations: Annotations): Pick<ReadAnnotations, 'values' | 'mistakes'> {
  const allowed = Object.entries(annotations).filter(
    ([key]) => ['targets', 'rules'].includes(scopeOf(key) ?? '') || key === `${ingressPrefix}tags`,
  )
  return ingressAnnotations.parse(Object.fromEntries(allowed))
}

/** The row that a full key is read by; undefined for one that is unknown. */
export function ingressRow(key: string): IngressRow | undefined {
  for (const { prefix, rows } of [ingressAnnotations, ownIngressAnnotations] as const) {
    if (!key.startsWith(prefix)) continue
    const found = Object.entries<IngressRow>(rows).find(([name]) => prefix + name === key)?.[1]
    if (found) return found
  }
  const parsed = suffixOf(key)
  return parsed && ingressSuffixRows[parsed.name]
}

function scopeOf(key: string): Scope | undefined {
  return ingressRow(key)?.scope
}

interface Suffixed {
  readonly name: keyof typeof ingressSuffixRows
  readonly suffix: string
}

function suffixOf(key: string): Suffixed | undefined {
  if (!key.startsWith(ingressPrefix)) return undefined
  for (const name of ['actions', 'conditions', 'transforms', 'listener-attributes'] as const) {
    const start = `${ingressPrefix}${name}.`
    if (key.startsWith(start)) return { name, suffix: key.slice(start.length) }
  }
  return undefined
}

function readSuffixed(annotations: Annotations): {
  readonly values: IngressSuffixed
  readonly mistakes: readonly AnnotationMistake[]
} {
  const actions = new Map<string, ActionWish>()
  const conditions = new Map<string, readonly RuleCondition[]>()
  const transforms = new Map<string, readonly RuleTransform[]>()
  const listenerAttributes = new Map<string, Attributes>()
  const mistakes: AnnotationMistake[] = []
  const read = <Value>(
    { name, suffix }: Suffixed,
    parse: (text: string) => { readonly value: Value } | { readonly error: string },
    into: Map<string, Value>,
  ) => {
    const key = `${ingressPrefix}${name}.${suffix}`
    const parsed = parse(annotations[key] ?? '')
    if ('error' in parsed) mistakes.push(invalid(key, parsed.error, `Write it like ${ingressSuffixRows[name].example}`))
    else into.set(suffix, parsed.value)
  }
  for (const key of Object.keys(annotations).toSorted()) {
    const parsed = suffixOf(key)
    if (!parsed) continue
    const { name, suffix } = parsed
    if (name === 'actions') read(parsed, ingressSuffixRows.actions.parse, actions)
    else if (name === 'conditions') read(parsed, ingressSuffixRows.conditions.parse, conditions)
    else if (name === 'transforms') read(parsed, ingressSuffixRows.transforms.parse, transforms)
    else if (/^(HTTP|HTTPS)-[1-9][0-9]{0,4}$/.test(suffix))
      read(parsed, ingressSuffixRows['listener-attributes'].parse, listenerAttributes)
    else mistakes.push(invalid(key, `${JSON.stringify(suffix)} is no protocol and port`, 'End the key as in .HTTPS-443.'))
  }
  return { values: { actions, conditions, transforms, listenerAttributes }, mistakes }
}

function invalid(key: string, error: string, remedy: string): AnnotationMistake {
  return { key, reason: 'InvalidAnnotation', message: `Annotation ${key}: ${error}.`, remedy, severity: 'blocks' }
}

/** Misspelt keys warn and change nothing else; those of what is refused as a whole are refused too. */
function unknown(annotations: Annotations): readonly AnnotationMistake[] {
  return Object.keys(annotations)
    .toSorted()
    .flatMap(key => {
      if (!key.startsWith(ingressPrefix) || ingressRow(key)) return []
      const name = key.slice(ingressPrefix.length)
      const refused = refusedBeginnings.find(({ beginning }) => name.startsWith(beginning))
      return [refused ? unsupported(key, refused.what) : misspelt(key, name)]
    })
}

function unsupported(key: string, what: string): AnnotationMistake {
  const message = `Annotation ${key}: ${what} not supported yet.`
  return { key, reason: 'UnsupportedAnnotation', message, remedy: 'Remove the annotation.', severity: 'blocks' }
}

function misspelt(key: string, name: string): AnnotationMistake {
  const dot = name.indexOf('.')
  const known = [...Object.keys(ingressAnnotations.rows), ...Object.keys(ingressSuffixRows)]
  const start = dot < 0 ? undefined : nearest(name.slice(0, dot), Object.keys(ingressSuffixRows))
  const hint = start === undefined ? nearest(name, known) : start + name.slice(dot)
  return {
    key,
    reason: 'UnknownAnnotation',
    message: `Annotation ${key} is unknown and has no effect.`,
    remedy: hint === undefined ? 'Remove it; docs/aws-ingress.md lists the known keys.' : `Did you mean ${ingressPrefix}${hint}?`,
    severity: 'warns',
  }
}
