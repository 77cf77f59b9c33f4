// Which certificates an HTTPS listener shows: those named by ARN, those of Secrets, and for hosts without either one that ACM has. Pure.
import type { SecretState } from '../../../src/model/ingress-group.ts'
import { secretKey } from '../../../src/model/ingress-group.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { routingModel } from '../../../src/model/routing/build.ts'
import { anyHost } from '../../../src/model/routing/host.ts'
import type { Certificate } from '../../../src/model/routing/model.ts'
import { certificateKey } from '../model/application.ts'
import type { CertificateRef } from '../model/application.ts'
import type { ApplicationSettings } from '../model/application-wish.ts'
import { warns } from '../model/problems.ts'
import type { Served } from './asked.ts'

/** A certificate that ACM lists. */
export interface ListedCertificate {
  readonly arn: string
  /** In lower case, with those that have an open label as `*.example.com`. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

/** The certificate for a host: one with its very name before one with an open label, then the one that lasts longest. */
export function certificateFor(host: string, listed: readonly ListedCertificate[], now: number): string | undefined {
  const open = `*${host.slice(host.indexOf('.'))}`
  const usable = listed.filter(({ notAfter }) => notAfter > now)
  for (const name of host.startsWith('*.') || !host.includes('.') ? [host] : [host, open]) {
    const found = usable.filter(({ names }) => names.includes(name))
    const [best] = found.toSorted((one, other) => other.notAfter - one.notAfter || (one.arn < other.arn ? -1 : 1))
    if (best) return best.arn
  }
  return undefined
}

/** Hosts of members that are to be found a certificate for: those of Ingresses that name none by ARN, without a Secret for them. */
export function hostsToDiscover(members: readonly Served[]): ReadonlySet<string> {
  const withSecret = new Set(secretsOf(members).map(({ host }) => host))
  const covered = (host: string) => withSecret.has(host) || withSecret.has(`*${host.slice(host.indexOf('.'))}`)
  return new Set(
    members
      .filter(({ settings }) => settings.values.certificates === undefined)
      .flatMap(hostsOf)
      .filter(host => host !== anyHost && !covered(host)),
  )
}

function hostsOf({ routing, ingress }: Served): readonly string[] {
  return [...routing.hosts, ...(ingress.spec?.tls ?? []).flatMap(({ hosts }) => (hosts ?? []).map(host => host.toLowerCase()))]
}

/** The Secrets that win the hosts, that for clients without a name first. */
function secretsOf(members: readonly Served[]): readonly Certificate[] {
  const { certificates } = routingModel(members.map(({ routing }) => routing))
  const any = certificates.get(anyHost)
  return [...(any ? [any] : []), ...[...certificates].flatMap(([host, each]) => (host === anyHost ? [] : [each]))]
}

export interface ListenerCertificates {
  readonly certificates: readonly CertificateRef[]
  readonly imports: ApplicationSettings['imports']
  /** By `namespace/name` of the Ingress. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
}

export function listenerCertificates(
  members: readonly Served[],
  around: {
    readonly secrets: ReadonlyMap<string, SecretState>
    /** By host; what is not in it was not found. */
    readonly discovered: ReadonlyMap<string, string>
    /** Keys of Secrets whose certificates are in ACM already: they stay while the Secret is spoilt. */
    readonly imported: ReadonlySet<string>
    /** Named by ARN, and not in ACM: one of them would keep AWS from taking the others. */
    readonly absent?: ReadonlySet<string>
  },
): ListenerCertificates {
  const problems = new Map<string, readonly Problem[]>()
  const tell = (key: string, problem: Problem) => problems.set(key, [...(problems.get(key) ?? []), problem])
  const written = members.flatMap(({ settings }) => settings.values.certificates ?? []).map(arn => ({ arn }))
  const named = written.filter(({ arn }) => around.absent?.has(arn) !== true)
  for (const { key, settings } of members)
    for (const arn of settings.values.certificates?.filter(each => around.absent?.has(each)) ?? [])
      tell(key, warns('CertificateNotFound', `ACM has no issued certificate ${arn}, so it is left out.`))
  const imports = new Map<string, ApplicationSettings['imports'][number]>()
  for (const { secret } of secretsOf(members)) {
    const key = certificateKey(secret)
    const good = around.secrets.get(secretKey({ kind: 'tls', ...secret }))?.good
    if (!good && !around.imported.has(key)) continue
    imports.set(key, { key, secret, hash: good?.fingerprint ?? '', names: good?.certificate?.names ?? [], tags: {} })
  }
  const wanted = hostsToDiscover(members)
  const found = [...wanted].flatMap(host => around.discovered.get(host) ?? []).map(arn => ({ arn }))
  for (const member of members) {
    const lacking = hostsOf(member).filter(host => wanted.has(host) && !around.discovered.has(host))
    if (member.settings.values.certificates !== undefined || lacking.length === 0) continue
    const message = `There is no certificate for ${[...new Set(lacking)].join(', ')}: clients that ask for it by HTTPS refuse what they are shown.`
    tell(member.key, warns('CertificateNotFound', message, 'Name a certificate by ARN or Secret, or have one issued in ACM.'))
  }
  const all: readonly CertificateRef[] = [...named, ...[...imports.keys()].map(key => ({ imported: key })), ...found]
  // Without any other, AWS is to judge: what it shows already goes on.
  const unique = new Map(
    (all.length > 0 ? all : written).map(each => ['arn' in each ? each.arn : `Secret ${each.imported}`, each]),
  )
  return { certificates: [...unique.values()], imports: [...imports.values()], problems }
}
