// Hosts of Ingress rules: exact names, names with one label left open, and none at all.
import { parseAddress } from '../address.ts'

/** The host of rules without one. */
export const anyHost = ''

const names = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/**
 * Reads the host of a rule: a DNS name, `*.` and a DNS name, or nothing. Case does not count.
 * `error` completes the sentence `the host <at>: <error>`.
 */
export function readHost(host: string | undefined): { readonly host: string } | { readonly error: string } {
  const name = (host ?? '').toLowerCase()
  if (name === anyHost) return { host: anyHost }
  if (name.length > 253) return { error: 'is longer than 253 characters' }
  if (parseAddress(name)) return { error: 'is an IP address; leave the host out to serve requests by address' }
  if (name === '*') return { error: 'is a wildcard alone; leave the host out to serve every name' }
  return names.test(name.startsWith('*.') ? name.slice(2) : name) ? { host: name } : { error: 'is no DNS name' }
}

/** The name in a Host or :authority header: lower case, without port and final dot. */
export function requestHost(authority: string): string {
  const name = authority.trim().toLowerCase()
  const bare = name.startsWith('[') ? name.replace(/\]:\d*$/, ']') : name.replace(/:\d*$/, '')
  return bare.endsWith('.') ? bare.slice(0, -1) : bare
}

/** The hosts of rules that mean a name, the most precise first: itself, its parent with the first label open, any. */
export function hostsFor(name: string): readonly string[] {
  const dot = name.indexOf('.')
  return [...(name === anyHost ? [] : [name]), ...(dot > 0 ? [`*${name.slice(dot)}`] : []), anyHost]
}

/** Exact names, then those with an open label, then none; each by name. */
export function compareHosts(one: string, other: string): number {
  const byKind = kindOf(one) - kindOf(other)
  return byKind === 0 ? (one < other ? -1 : one > other ? 1 : 0) : byKind
}

function kindOf(host: string): number {
  return host === anyHost ? 2 : host.startsWith('*.') ? 1 : 0
}
