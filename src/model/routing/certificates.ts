// Which Secret's certificate a host is served with, when several Ingresses name one.
import type { IngressTls } from '../ingress-objects.ts'
import { anyHost, compareHosts, hostsFor, readHost } from './host.ts'
import {
  type Certificate,
  type IngressId,
  memberKey,
  type MemberRouting,
  type Refused,
  type Route,
  type RoutingModel,
} from './model.ts'
import { cut, quoted, refusal } from './refusal.ts'

export interface CertificateClaim {
  readonly certificate: Certificate
  /**
   * 0: the Ingress names the host and has a rule for it (or for a name that it means). 1: it has a rule for the host and names no
   * host for the Secret. 2: it names the host and serves it by a broader rule. 3: it names a host that it does not serve, which
   * gives it no say over those who do.
   */
  readonly rank: 0 | 1 | 2 | 3
  /** Whether losing it is worth a word: hosts that were not named are served by whoever named them. */
  readonly told: boolean
}

/**
 * Reads `spec.tls`. An entry without hosts is for every host of the Ingress's rules, and for clients that ask for none. One
 * without Secret asks for no certificate of its own.
 */
export function readCertificates(
  entries: readonly IngressTls[],
  ruleHosts: readonly string[],
  ingress: IngressId,
): { readonly certificates: readonly CertificateClaim[]; readonly refused: readonly Refused[] } {
  const certificates: CertificateClaim[] = []
  const refused: Refused[] = []
  for (const [index, { hosts, secretName }] of entries.entries()) {
    const at = `spec.tls[${index}]`
    const claim = (host: string, rank: CertificateClaim['rank'], told: boolean): void => {
      if (!secretName) return
      const secret = { namespace: ingress.namespace, name: secretName }
      certificates.push({ certificate: { host, secret, origin: { ingress, at } }, rank, told })
    }
    for (const [place, written] of (hosts ?? []).entries()) {
      const read = readHost(written)
      if ('host' in read && read.host !== anyHost) claim(read.host, rankOf(read.host, ruleHosts), true)
      else refused.push(badHost(written, `${at}.hosts[${place}]`, 'error' in read ? read.error : 'is empty'))
    }
    if ((hosts ?? []).length > 0) continue
    const named = ruleHosts.filter(host => host !== anyHost)
    for (const host of named) claim(host, 1, false)
    claim(anyHost, 1, named.length === 0)
  }
  return { certificates, refused }
}

/** Of several claims to a host the one with the best rank wins, then the first in the order given, oldest Ingress first. */
export function settleCertificates(claims: readonly CertificateClaim[]): ReadonlyMap<string, Certificate> {
  const winners = new Map<string, CertificateClaim>()
  for (const claim of claims) {
    const { host } = claim.certificate
    const present = winners.get(host)
    if (!present || claim.rank < present.rank) winners.set(host, claim)
  }
  const sorted = [...winners].toSorted(([one], [other]) => compareHosts(one, other))
  return new Map(sorted.map(([host, { certificate }]) => [host, certificate]))
}

/** What became of an Ingress's own claims. Two that name the same Secret do not differ. */
export function certificatesOf(
  claims: readonly CertificateClaim[],
  winners: ReadonlyMap<string, Certificate>,
): MemberRouting['certificates'] {
  return claims.flatMap(({ certificate, told }) => {
    const winner = winners.get(certificate.host)
    if (!winner || isSameSecret(winner, certificate)) return [{ certificate }]
    return told ? [{ certificate, shadowedBy: winner }] : []
  })
}

/**
 * The certificates for which plain HTTP on a route may be sent to HTTPS, the best first: those for its host that are of its own
 * namespace, or of an Ingress that was there before. Whoever names a host of others later cannot send their clients to a
 * certificate that they refuse. The one for clients that ask for no name counts only for routes without host.
 */
export function certificatesTowards({ certificates, members }: RoutingModel, { host, origin }: Route): readonly Certificate[] {
  const found = hostsFor(host).flatMap(each => (each === anyHost && host !== anyHost ? [] : (certificates.get(each) ?? [])))
  if (!('ingress' in origin)) return found
  const { ingress } = origin
  return found.filter(certificate => {
    const owner = certificate.origin.ingress
    return owner.namespace === ingress.namespace || isFirst(memberKey(owner), memberKey(ingress), members.keys())
  })
}

/** Members stand in the order of their age. */
function isFirst(one: string, other: string, members: Iterable<string>): boolean {
  for (const key of members) if (key === one || key === other) return key === one
  return false
}

function isSameSecret({ secret: one }: Certificate, { secret: other }: Certificate): boolean {
  return one.namespace === other.namespace && one.name === other.name
}

/** How much say an Ingress with these rules has over the certificate of a host that it names. */
function rankOf(host: string, ruleHosts: readonly string[]): CertificateClaim['rank'] {
  if (ruleHosts.some(ruleHost => ruleHost !== anyHost && hostsFor(ruleHost).includes(host))) return 0
  return hostsFor(host).some(broader => ruleHosts.includes(broader)) ? 2 : 3
}

function badHost(written: string, at: string, error: string): Refused {
  const problem = refusal('InvalidHost', `The host ${quoted(written)} in ${at} ${error}.`)
  return { at, host: cut(written), path: '', asked: '', problem }
}
