// What Ingresses ask for between them, with what that takes to know of AWS: certificates for their hosts, web ACLs by name.
import type { IngressGroupGoal } from '../../../../src/model/ingress-group.ts'
import type { Caller } from '../../calls/calls.ts'
import { applicationWish } from '../../ingress/application.ts'
import type { Around } from '../../ingress/application.ts'
import type { IngressSettings } from '../../ingress/asked.ts'
import { certificateFor, hostsToDiscover } from '../../ingress/certificates.ts'
import { sortMembers } from '../../ingress/members.ts'
import type { Served } from '../../ingress/asked.ts'
import { portsOf } from '../../ingress/ports.ts'
import type { Standing } from '../../ingress/rules/merge.ts'
import { standingOf } from '../../ingress/rules/standing.ts'
import type { FoundListenerRule } from '../../model/application.ts'
import type { ApplicationWish } from '../../model/application-wish.ts'
import type { LedgerRecord } from '../../model/ledger.ts'
import type { Location } from '../../provider/locations.ts'
import type { Existing } from '../../settings/wish.ts'
import { notOlder } from '../../snapshots/pictures.ts'
import type { FoundListener } from '../../snapshots/shapes.ts'
import type { Context } from '../context.ts'
import { namesRefused } from './names.ts'
import { existingOf } from '../wish.ts'

export type IngressGoal = IngressGroupGoal<IngressSettings>

/** Where something is not found, others may have made it since. */
const maxAgeMs = 60_000

export interface WishInput {
  readonly record: LedgerRecord | undefined
  readonly location: Location
  readonly caller: Caller
  /** What is known of the load balancer beside the record. */
  readonly existing?: Existing
  /** What stands, so that rules that stand together are not torn apart for nothing; absent: nobody looked. */
  readonly found?: { readonly listeners: readonly FoundListener[]; readonly rules: readonly FoundListenerRule[] }
}

/** Costs no call where nothing is to be found by name, or all of it was found before. */
export async function wishFor(context: Context, goal: IngressGoal, input: WishInput): Promise<ApplicationWish> {
  const { record, location, found } = input
  const before = record?.ingresses ?? []
  const existing = input.existing ?? existingOf(record)
  const refused = await namesRefused(context, goal, input)
  const secure = sortMembers(goal, { before, existing, refused }).served.filter(({ ingress, settings }) =>
    portsOf(ingress, settings.values).some(({ protocol }) => protocol === 'HTTPS'),
  )
  const [discovered, absent, webAclNamed] = await Promise.all([
    certificatesByHost(context, secure, input),
    absentCertificates(context, secure, input),
    webAclsByName(context, goal, input),
  ])
  const imported = Object.keys(record?.ids ?? {}).filter(resource => resource.startsWith('certificate/'))
  return applicationWish(goal, {
    before,
    existing,
    refused,
    place: location.place,
    discovered,
    absent,
    imported: new Set(imported.map(resource => resource.slice('certificate/'.length))),
    webAclNamed,
    ...(found ? { standing: port => standingAt(port, found) } : {}),
  })
}

function standingAt(port: number, { listeners, rules }: NonNullable<WishInput['found']>): Standing {
  const arns = new Set(listeners.filter(each => each.port === port).map(({ arn }) => arn))
  return standingOf(rules.filter(({ listener }) => arns.has(listener)))
}

/** What was imported for Ingresses goes with them, and is for nobody else. */
function importedArns({ ledger }: Context): ReadonlySet<string> {
  return new Set(
    [...ledger.entries()].flatMap(([, { ids }]) =>
      Object.entries(ids).flatMap(([resource, arn]) => (resource.startsWith('certificate/') ? [arn] : [])),
    ),
  )
}

async function certificatesByHost(
  context: Context,
  secure: readonly Served[],
  { location: { pictures }, caller }: WishInput,
): Promise<ReadonlyMap<string, string>> {
  const hosts = [...hostsToDiscover(secure)]
  if (hosts.length === 0) return new Map()
  const { clock } = context
  const imported = importedArns(context)
  const find = (listed: Awaited<ReturnType<typeof pictures.certificates.all>>) => {
    const free = [...listed.values()].filter(({ arn }) => !imported.has(arn))
    return new Map(
      hosts.flatMap(host => {
        const arn = certificateFor(host, free, clock.now())
        return arn === undefined ? [] : [[host, arn] as const]
      }),
    )
  }
  const found = find(await pictures.certificates.all(caller.signal))
  if (found.size === hosts.length) return found
  return find(await notOlder(pictures.certificates, maxAgeMs, { now: clock.monotonic(), signal: caller.signal }))
}

/** Certificates of ACM that are named by ARN and are not there, or not issued. */
async function absentCertificates(
  { clock }: Context,
  secure: readonly Served[],
  { location: { pictures }, caller }: WishInput,
): Promise<ReadonlySet<string>> {
  const named = secure.flatMap(({ settings }) => settings.values.certificates ?? []).filter(arn => arn.split(':')[2] === 'acm')
  // For one Ingress alone AWS says it just as well.
  if (secure.length < 2 || named.length === 0) return new Set()
  const missingIn = (listed: ReadonlyMap<string, unknown>) => new Set(named.filter(arn => !listed.has(arn)))
  const missing = missingIn(await pictures.certificates.all(caller.signal))
  if (missing.size === 0) return missing
  return missingIn(await notOlder(pictures.certificates, maxAgeMs, { now: clock.monotonic(), signal: caller.signal }))
}

async function webAclsByName(
  { clock }: Context,
  { members }: IngressGoal,
  { location: { pictures }, caller }: WishInput,
): Promise<Around['webAclNamed']> {
  const names = members.flatMap(({ settings }) => settings.values.webAclName ?? []).filter(name => name !== 'none')
  if (names.length === 0) return () => undefined
  const known = await pictures.webAcls.all(caller.signal)
  const isWhole = names.every(name => known.has(name))
  const since = { now: clock.monotonic(), signal: caller.signal }
  const acls = isWhole ? known : await notOlder(pictures.webAcls, maxAgeMs, since)
  return name => acls.get(name)?.arn
}
