// What pod targets change for announcing: which nodes may, what an Announcement says of it, and what people hear of a fallback. Pure.
import type { Announcement } from '../../src/api/announcement.ts'
import type { Membership, Problem } from '../../src/model/load-balancer.ts'
import type { Goal } from '../../src/provider.ts'

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

type Targeted = Pick<Announcement['spec'], 'services' | 'targets' | 'hashSeed'>

/**
 * What the spec of an Announcement says of targets. `targetOf`: by uid of an owner; undefined for one of which nothing is known,
 * which keeps what the Announcement says. Of Services that share an address each has its own.
 */
export function targetsFor(
  owners: readonly { readonly uid: string; readonly namespace: string; readonly name: string }[],
  {
    targetOf,
    existing,
    hashSeed,
  }: {
    readonly targetOf: (uid: string) => 'Node' | 'Pod' | undefined
    readonly existing: Announcement['spec'] | undefined
    readonly hashSeed: number
  },
): Targeted {
  const before = new Map(existing?.services.map(({ uid, targets }) => [uid, targets ?? existing.targets]))
  const all = owners.map(({ uid, namespace, name }) => ({
    service: { uid, namespace, name },
    targets: targetOf(uid) ?? before.get(uid) ?? 'Node',
  }))
  if (all.every(({ targets }) => targets === 'Node')) return { services: all.map(({ service }) => service) }
  const services = all.map(({ service, targets }) => (targets === 'Pod' ? service : { ...service, targets }))
  return { services, targets: 'Pod', hashSeed }
}

/** Equal for two states of an Announcement of which its Services have the same to tell. */
export function fallbackMark(announcement: Announcement | undefined): string {
  const path = pathOf(announcement)
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

/** Told to a Service with pod targets whose packets do not go straight to its pods; undefined when they do. */
export function fallbackProblem(
  address: string,
  path: DataPath | undefined,
  { nodesWithEndpoints }: Membership,
): Problem | undefined {
  if (!path || path.mode === 'direct') return undefined
  const node = path.node === undefined ? 'a node' : `node ${path.node}`
  const [found, remedy] = obstacles.get(path.reason ?? '') ?? [path.reason ?? 'no reason is given', '']
  const count = nodesWithEndpoints.length
  const counted = `${count} ${count === 1 ? 'node has' : 'nodes have'} pods`
  const obstacle =
    path.message === undefined ? ` ${found.replaceAll('%', node)}` : ` of ${node}: ${path.message.replace(/\.$/, '')}`
  return {
    reason: 'DataPathFallback',
    message: `${address} does not go straight to pods (${counted}): ${effects[path.mode]}, because${obstacle}.`,
    remedy:
      (path.message === undefined ? remedy.replaceAll('%', path.node ?? '') : '') || 'It is left by itself when that is mended.',
    severity: 'warns',
  }
}
