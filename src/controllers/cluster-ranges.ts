// The ranges the cluster uses for pods and Services, followed so that no pool gives addresses of them.
import { ApiError, messageOf } from '../kubernetes/errors.ts'
import { startReflector } from '../kubernetes/reflector.ts'
import { createStore } from '../kubernetes/store.ts'
import type { WritableStore } from '../kubernetes/store.ts'
import { parseCidr } from '../model/address.ts'
import type { IpRange } from '../model/address.ts'
import type { Node, ServiceCIDR } from '../model/kubernetes-objects.ts'
import { serviceCidrs } from './resources.ts'
import type { ProviderSurroundings } from './provider-parts.ts'

export interface ClusterRange {
  readonly range: IpRange
  /** `pod range 10.244.1.0/24 of node n1`. */
  readonly what: string
}

export interface ClusterRanges {
  readonly current: () => readonly ClusterRange[]
  /** Hears that they have changed. */
  subscribe(listener: () => void): () => void
}

/** So long the first list is waited for: without it a pool might give an address that it must not. */
const firstListMs = 5000

/** Older API servers have no ServiceCIDRs; then the ranges of pods are all that is known. */
export async function followClusterRanges({
  stores,
  transport,
  clock,
  random,
  log,
  signal,
}: Pick<ProviderSurroundings, 'stores' | 'transport' | 'clock' | 'random' | 'log' | 'signal'>): Promise<ClusterRanges> {
  const cidrs = createStore<ServiceCIDR>()
  if (await isServed()) {
    const logger = log.child({ resource: serviceCidrs.plural })
    const reflector = startReflector({ transport, resource: serviceCidrs, store: cidrs, clock, random, logger })
    signal.addEventListener('abort', () => void reflector.stop(), { once: true })
    await Promise.race([cidrs.synced, clock.sleep(firstListMs, signal).catch(() => {})])
  }
  return rangesOf(stores.nodes, cidrs)

  async function isServed(): Promise<boolean> {
    try {
      await transport.request({ path: '/apis/networking.k8s.io/v1/servicecidrs', query: { limit: '1' }, signal })
      return true
    } catch (error) {
      if (signal.aborted) throw error
      const isUnknown = error instanceof ApiError && error.code === 404
      log.info({ error: messageOf(error) }, isUnknown ? 'the API server has no ServiceCIDRs' : 'ServiceCIDRs cannot be read')
      return !isUnknown
    }
  }
}

/** Nodes change all the time and their ranges hardly ever, so what they have is remembered as text. */
export function rangesOf(
  nodes: Pick<WritableStore<Node>, 'values' | 'subscribe'>,
  cidrs: WritableStore<ServiceCIDR>,
): ClusterRanges {
  let known: readonly ClusterRange[] | undefined
  const ofNode = ({ metadata, spec }: Node) =>
    (spec?.podCIDRs ?? []).flatMap(cidr => rangeAt(cidr, `pod range ${cidr} of node ${metadata.name}`))
  const ofServices = ({ metadata, spec }: ServiceCIDR) =>
    (spec?.cidrs ?? []).flatMap(cidr => rangeAt(cidr, `Service range ${cidr} (ServiceCIDR ${metadata.name})`))
  return {
    current: () => (known ??= [...[...cidrs.values()].flatMap(ofServices), ...[...nodes.values()].flatMap(ofNode)]),
    subscribe(listener) {
      const tell = () => {
        known = undefined
        listener()
      }
      const subscriptions = [
        cidrs.subscribe(tell),
        nodes.subscribe(({ object, old }) => {
          if ((object?.spec?.podCIDRs ?? []).join() !== (old?.spec?.podCIDRs ?? []).join()) tell()
        }),
      ]
      return () => subscriptions.forEach(end => end())
    },
  }
}

function rangeAt(cidr: string, what: string): readonly ClusterRange[] {
  const range = parseCidr(cidr)?.network
  return range ? [{ range, what }] : []
}
