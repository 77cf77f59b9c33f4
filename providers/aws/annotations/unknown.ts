// Keys that look like ones of this provider and are none, or belong to something else: each is told, with what was probably meant. Pure.
import type { AnnotationMistake, Annotations } from '../../../src/api/annotations.ts'
import { nearest } from '../../../src/api/nearest.ts'
import { classicKeys, serviceAnnotations, servicePrefix, suffixRows } from '../annotations.ts'
import { parseSuffixedKey } from './suffixed.ts'

/** Beginnings, after the prefix, of keys that only this provider could mean. Other clouds have keys under the prefix too. */
const beginnings = ['aws-', 'action', 'load-balancer-']
const known = Object.keys(serviceAnnotations.rows)

/** Beginnings of keys by which the local provider is asked for addresses. */
const ofLocalProvider = ['metallb.io/', 'weir.dev/load-balancer-ips', 'weir.dev/address-pool']
const fixedAddresses = `Remove it; fixed addresses are ${servicePrefix}aws-load-balancer-eip-allocations and -private-ipv4-addresses.`

/** They warn and change nothing else: a misspelt wish must not take away what a Service has. */
export function unknownAnnotations(annotations: Annotations): readonly AnnotationMistake[] {
  return Object.keys(annotations)
    .toSorted()
    .flatMap(key => unknownKey(key) ?? keyOfLocalProvider(key) ?? [])
}

function unknownKey(key: string): AnnotationMistake | undefined {
  const name = key.startsWith(servicePrefix) ? key.slice(servicePrefix.length) : ''
  if (!beginnings.some(beginning => name.startsWith(beginning))) return undefined
  if (known.includes(name) || parseSuffixedKey(key)) return undefined
  const classic = classicKeys[name]
  if (classic !== undefined) return withoutEffect(key, classic)
  const dot = name.indexOf('.')
  const hint =
    dot < 0
      ? nearest(name, [...known, ...Object.keys(suffixRows)])
      : addSuffix(nearest(name.slice(0, dot), Object.keys(suffixRows)), name.slice(dot))
  return {
    key,
    reason: 'UnknownAnnotation',
    message: `Annotation ${key} is unknown and has no effect.`,
    remedy: hint === undefined ? 'Remove it; docs/aws.md lists the known keys.' : `Did you mean ${servicePrefix}${hint}?`,
    severity: 'warns',
  }
}

function addSuffix(name: string | undefined, suffix: string): string | undefined {
  return name === undefined ? undefined : name + suffix
}

function keyOfLocalProvider(key: string): AnnotationMistake | undefined {
  return ofLocalProvider.some(beginning => key.startsWith(beginning)) ? withoutEffect(key, fixedAddresses) : undefined
}

function withoutEffect(key: string, remedy: string): AnnotationMistake {
  const message = `Annotation ${key} has no meaning for a Network Load Balancer.`
  return { key, reason: 'SettingWithoutEffect', message, remedy, severity: 'warns' }
}
