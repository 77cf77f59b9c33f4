// What pod targets change for announcing: which nodes may, what an Announcement says of it, and what people hear of a fallback. Pure.
import type { Announcement } from '../../src/api/announcement.ts'
import { reasons } from '../../src/api/reasons.ts'
import { sourceRangesAnnotation } from '../../src/model/build.ts'
import type { DesiredLoadBalancer, Membership, Problem } from '../../src/model/load-balancer.ts'
import type { Goal } from '../../src/provider.ts'
import { weirAnnotations } from './annotations.ts'

export type DataPath = NonNullable<NonNullable<Announcement['status']>['path']>
export type PathMode = DataPath['mode']

/** The path by which its traffic goes to pods, as the node that announces says; undefined with targets of type Node, or unsaid. */
export function pathOf(announcement: Announcement | undefined): DataPath | undefined {
  return announcement?.spec.targets === 'Pod' ? announcement.status?.path : undefined
}

/**
 * Whether only nodes with a usable endpoint of the Service may announce it. With externalTrafficPolicy Local and pod targets that
 * holds until the node that announces says that it reaches the pods of the others: an agent that cannot do so, or says nothing,
 * would leave clients without an answer. Without any endpoint every node will do, to refuse connections.
 */
export function needsOwnEndpoint({ desired, membership }: Goal, path: PathMode | undefined): boolean {
  if (desired.externalTrafficPolicy !== 'Local') return false
  return desired.targetType === 'Node' || (path !== 'direct' && membership.nodesWithEndpoints.length > 0)
}

type Targeted = Pick<Announcement['spec'], 'services' | 'targets' | 'hashSeed' | 'fenced'>

/** What agents have to know of one Service. */
export interface TargetWish {
  readonly targets: 'Node' | 'Pod'
  /** Not everyone may connect. */
  readonly fenced: boolean
  readonly drainSeconds?: number | undefined
}

export function targetWishOf({ targetType, sourceRanges, annotations, class: of }: DesiredLoadBalancer): TargetWish {
  const { drainSeconds: ofClass, final } = of.spec.local ?? {}
  const own = final?.includes('drain-seconds') ? undefined : weirAnnotations.parse(annotations).values.drainSeconds
  return { targets: targetType, fenced: sourceRanges.length > 0, drainSeconds: own ?? ofClass }
}

/**
 * What the spec of an Announcement says of targets. `wishOf`: by uid of an owner; undefined for one of which nothing is known,
 * which keeps what the Announcement says. Of Services that share an address each has its own.
 */
export function targetsFor(
  owners: readonly { readonly uid: string; readonly namespace: string; readonly name: string }[],
  {
    wishOf,
    existing,
    hashSeed,
  }: {
    readonly wishOf: (uid: string) => TargetWish | undefined
    readonly existing: Announcement['spec'] | undefined
    readonly hashSeed: number
  },
): Targeted {
  const before = new Map(
    existing?.services.map(({ uid, targets = existing.targets ?? 'Node', drainSeconds }): [string, TargetWish] => [
      uid,
      { targets, fenced: existing.fenced === true, drainSeconds },
    ]),
  )
  const unknown: TargetWish = { targets: 'Node', fenced: false }
  const all = owners.map(({ uid, namespace, name }) => ({
    service: { uid, namespace, name },
    ...(wishOf(uid) ?? before.get(uid) ?? unknown),
  }))
  const fence = all.some(({ fenced }) => fenced) ? { fenced: true } : {}
  if (all.every(({ targets }) => targets === 'Node')) return { services: all.map(({ service }) => service), ...fence }
  const services = all.map(({ service, targets, drainSeconds }) =>
    targets === 'Node' ? { ...service, targets } : { ...service, ...(drainSeconds !== undefined && { drainSeconds }) },
  )
  return { services, targets: 'Pod', hashSeed, ...fence }
}

/** Equal for two states of an Announcement of which its Services have the same to tell. */
export function fallbackMark(announcement: Announcement | undefined): string {
  const path = pathOf(announcement) ?? (announcement?.spec.fenced ? announcement.status?.path : undefined)
  return path && path.mode !== 'direct' ? JSON.stringify([path.mode, path.reason, path.node, path.message]) : ''
}

const effects: Readonly<Record<Exclude<PathMode, 'direct'>, string>> = {
  masquerade: 'pods of other nodes see the address of the node that announces, not that of the client',
  local: 'only pods of the node that announces are used',
  'kube-proxy': 'kube-proxy carries the traffic',
}

/** By the reason that an agent gives: what it found, with `%` for the node, and what to do. */
const obstacles: ReadonlyMap<string, readonly [found: string, remedy: string]> = new Map([
  ['NoAgent', ['no agent has reported from %', 'Let the DaemonSet weir-agent run on every node with pods.']],
  ['OtherSegment', ['% is on another network segment', 'Run the pods, or announce, on nodes of one segment.']],
  ['NodeUnable', ['% cannot take part', 'kubectl describe nodereport % says why.']],
  ['UnknownNode', ['an EndpointSlice does not say on which node a pod is', 'Set nodeName of its endpoints.']],
])

/** What keeps a node from looking at packets at all; with any other obstacle it still keeps source ranges. */
const blinding: ReadonlySet<string> = new Set(['NftMissing', 'NftRefused', 'NetfilterBypassed'])

/** Told to a Service whose source ranges stand in the annotation while nobody keeps them; undefined otherwise. */
export function fenceProblem(
  address: string,
  announcement: Announcement | undefined,
  { sourceRanges, annotations }: Pick<DesiredLoadBalancer, 'sourceRanges' | 'annotations'>,
): Problem | undefined {
  const path = announcement?.status?.path
  if (sourceRanges.length === 0 || (annotations[sourceRangesAnnotation]?.trim() ?? '') === '') return undefined
  if (path?.mode !== 'kube-proxy' || !blinding.has(path.reason ?? '')) return undefined
  return {
    reason: 'SourceRangesUnenforced',
    message: `Everyone may connect to ${address}, whatever ${sourceRangesAnnotation} says, because of node ${path.node}: ${(path.message ?? '').replace(/\.$/, '')}.`,
    remedy: reasons.SourceRangesUnenforced.remedy,
    severity: 'warns',
  }
}

/** Told to a Service with pod targets whose packets to these addresses do not go straight to its pods; undefined when they do. */
export function fallbackProblem(
  addresses: readonly string[],
  path: DataPath | undefined,
  { nodesWithEndpoints }: Membership,
): Problem | undefined {
  if (!path || path.mode === 'direct') return undefined
  const node = path.node === undefined ? 'a node' : `node ${path.node}`
  const [found, remedy] = obstacles.get(path.reason ?? '') ?? [path.reason ?? 'no reason is given', '']
  const count = nodesWithEndpoints.length
  const counted = count === 0 ? '' : ` (${count} ${count === 1 ? 'node has' : 'nodes have'} pods)`
  const obstacle =
    path.message === undefined ? ` ${found.replaceAll('%', node)}` : ` of ${node}: ${path.message.replace(/\.$/, '')}`
  return {
    reason: 'DataPathFallback',
    message: `${addresses.join(' and ')} ${addresses.length === 1 ? 'does' : 'do'} not go straight to pods${counted}: ${effects[path.mode]}, because${obstacle}.`,
    remedy:
      (path.message === undefined ? remedy.replaceAll('%', path.node ?? '') : '') || 'It is left by itself when that is mended.',
    severity: 'warns',
  }
}
