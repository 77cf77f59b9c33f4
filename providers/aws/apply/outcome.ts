// What a Service is told: its hostname, whether it serves, and when to look again.
import { conditionMessage } from '../../../src/api/conditions.ts'
import type { Reason } from '../../../src/api/reasons.ts'
import type { DesiredLoadBalancer, Problem } from '../../../src/model/load-balancer.ts'
import type { IngressPoint, Outcome, Readiness } from '../../../src/provider.ts'
import { unless } from '../calls/calls.ts'
import type { Caller } from '../calls/calls.ts'
import { describeHealth, hasHealthy } from '../membership/health.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from '../provider/locations.ts'
import type { PortError } from '../settings/aws-settings.ts'
import { foundLoadBalancer } from '../snapshots/shapes.ts'

/** How often to look at what AWS is setting up, and at targets that are not healthy yet. */
const pollMs = { state: 10_000, initial: 5000, unhealthy: 30_000, failed: 60_000 } as const
/** ELBv2 takes at most so many ARNs in one DescribeLoadBalancers. */
const arnBatch = 20

export interface Told {
  readonly readiness: Readiness
  /** When to look again; absent when nothing is waited for. */
  readonly afterMs?: number
}

/**
 * Whether the load balancer serves. One that did is believed to, until its targets change or somebody found it unwell; the others
 * are asked about.
 */
export async function readinessOf(
  context: Context,
  location: Location,
  {
    record,
    targets,
    skipped,
    hasNodes,
    before,
    groups,
    whom = 'the Service',
    isAnswering = false,
  }: {
    readonly record: LedgerRecord
    readonly targets: number
    /** Why some that were to be targets are not. */
    readonly skipped: readonly Problem[]
    /** Targets are nodes, whether they have endpoints or not. */
    readonly hasNodes: boolean
    /** What was told last, if nothing has changed since. */
    readonly before: Readiness | undefined
    /** ARNs of the target groups that matter. */
    readonly groups: readonly string[]
    /** Who is served. */
    readonly whom?: string
    /** It answers requests by itself, whether it has targets or not. */
    readonly isAnswering?: boolean
  },
  caller: Caller,
): Promise<Told> {
  if (targets === 0 && !isAnswering) {
    const nothing = `${record.dnsName ?? 'The load balancer'} has no targets`
    if (skipped.length > 0) {
      const why = skipped.map(({ message, remedy }) => `${message} ${remedy}`).join(' ')
      return { readiness: { ready: false, reason: 'TargetsSkipped', message: `${nothing}: ${why}` } }
    }
    const why = hasNodes ? 'no node is ready and may carry traffic of load balancers' : 'no endpoint of the Service is ready'
    return { readiness: notReady('NoReadyEndpoints', `${nothing}: ${why}.`) }
  }
  if (before?.ready === true) return { readiness: before }
  const arn = record.ids['load-balancer']
  const state = arn === undefined ? '' : await stateOf(context, location, arn, caller)
  const said = location.pictures.loadBalancers.known(arn ?? '')?.stateReason
  if (state === 'failed') {
    const message = `AWS could not set ${record.dnsName ?? 'the load balancer'} up${said === undefined ? '' : ` (${said})`}.`
    return { readiness: notReady('LoadBalancerFailed', message), afterMs: pollMs.failed }
  }
  if (state !== 'active' && state !== 'active_impaired') {
    const message = `AWS is setting up ${record.dnsName ?? 'the load balancer'} (${state === '' ? 'provisioning' : state}).`
    return { readiness: notReady('Provisioning', message), afterMs: pollMs.state }
  }
  const serving = { ready: true, reason: 'Serving', message: `${record.dnsName} serves ${whom}.` } as const
  const told = targets === 0 ? { readiness: serving } : await healthOf(location, { record, groups, serving }, caller)
  if (state !== 'active_impaired' || !told.readiness.ready) return told
  const message = `${told.readiness.message} AWS lacks what it needs to scale it${said === undefined ? '' : ` (${said})`}.`
  return { readiness: { ready: true, reason: 'LoadBalancerImpaired', message } }
}

async function healthOf(
  location: Location,
  { record, groups, serving }: { readonly record: LedgerRecord; readonly groups: readonly string[]; readonly serving: Readiness },
  caller: Caller,
): Promise<Told> {
  let isInitial = false
  const reasons = new Set<string>()
  for (const group of groups) {
    const health = await describeHealth(location.calls, group, caller)
    if (hasHealthy(health)) return { readiness: serving }
    for (const { state, reason } of health.values()) {
      isInitial ||= state === 'initial'
      if (reason !== '') reasons.add(reason)
    }
  }
  const why = reasons.size === 0 ? '' : ` (${[...reasons].slice(0, 3).join(', ')})`
  const message = isInitial
    ? `The targets of ${record.dnsName} are registered; their first health checks are under way${why}.`
    : `No target of ${record.dnsName} passes its health check${why}.`
  return {
    readiness: notReady('NoHealthyTargets', message),
    afterMs: isInitial ? pollMs.initial : pollMs.unhealthy,
  }
}

/** The state of a load balancer. All that are being set up are asked about in one call, whoever asks first. */
async function stateOf(context: Context, location: Location, arn: string, caller: Caller): Promise<string> {
  const { memory, clock } = context
  const { loadBalancers } = location.pictures
  const known = loadBalancers.known(arn)
  if (known?.state.startsWith('active')) return known.state
  const now = clock.monotonic()
  const isStale = (each: string) => now - (memory.stateSeen.get(each) ?? Number.NEGATIVE_INFINITY) >= pollMs.state / 2
  if (known && !isStale(arn)) return known.state
  const others = [...memory.stateSeen.keys()].filter(
    each => each !== arn && loadBalancers.known(each)?.state === 'provisioning' && isStale(each),
  )
  const asked = [arn, ...others.slice(0, arnBatch - 1)]
  for (const each of asked) memory.stateSeen.set(each, now)
  await unless(['LoadBalancerNotFound'], seeStates(location, asked, caller), async () => {
    // One of them is gone; whose it is finds out by itself.
    loadBalancers.lost(arn)
    await seeStates(location, [arn], caller)
  })
  return loadBalancers.known(arn)?.state ?? ''
}

async function seeStates(
  { calls, pictures: { loadBalancers } }: Location,
  arns: readonly string[],
  caller: Caller,
): Promise<void> {
  const { LoadBalancers = [] } = await calls.elb('DescribeLoadBalancers', { LoadBalancerArns: [...arns] }, caller)
  for (const each of LoadBalancers) {
    const before = loadBalancers.known(each.LoadBalancerArn ?? '')
    const found = foundLoadBalancer(each, before?.tags ?? {})
    // Subnets as we set them: what AWS tells of addresses comes late.
    loadBalancers.saw(before ? { ...found, subnets: before.subnets } : found)
  }
}

/** The entry for the Service's status. Ports are listed only when one has an error; then Kubernetes wants all of them. */
export function ingressOf(
  record: LedgerRecord,
  errors: readonly PortError[] = [],
  desired?: DesiredLoadBalancer,
): readonly IngressPoint[] {
  const { dnsName: hostname } = record
  if (hostname === undefined) return []
  if (!desired || errors.length === 0) return [{ hostname }]
  const ports = desired.listeners.map(({ port, protocol }) => {
    const error = errors.find(each => each.port === port && each.protocol === protocol)?.error
    return { port, protocol, ...(error === undefined ? {} : { error }) }
  })
  return [{ hostname, ports }]
}

/** Deletion that is held up by what AWS has still in use. */
export function heldUp({
  record,
  what,
  reason,
  isLong,
}: {
  readonly record: LedgerRecord | undefined
  /** The beginning of a sentence. */
  readonly what: string
  readonly reason: 'Withdrawing' | 'SecurityGroupInUse'
  readonly isLong: boolean
}): Outcome {
  return {
    ingress: record ? ingressOf(record) : [],
    readiness:
      reason === 'Withdrawing'
        ? { ready: false, reason, message: `${what}; its deletion is tried again.` }
        : notReady(reason, `${what}.`),
    warnings: [],
    gone: false,
    again: { afterMs: isLong ? 30_000 : 5000 },
  }
}

/** What is the matter, and then what the table of reasons says to do. */
function notReady(reason: Reason, message: string): Readiness {
  return { ready: false, reason, message: conditionMessage({ reason, message }) }
}

export function goneOutcome(): Outcome {
  const readiness: Readiness = { ready: false, reason: 'Withdrawing', message: 'Nothing is left outside.' }
  return { ingress: [], readiness, warnings: [], gone: true, again: 'on-change' }
}

/** Each warning once. */
export function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map(problem => [`${problem.reason} ${problem.message}`, problem])).values()]
}
