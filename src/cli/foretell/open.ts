// Everything that foretelling needs: the cluster as it is, or as it would be with manifests applied, and the providers over it.
import type { Clock } from '../../kubernetes/clock.ts'
import { keyOf } from '../../kubernetes/objects.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import { takeSnapshot } from '../snapshot.ts'
import { choosesOthers, imaginedSlices } from './endpoints.ts'
import type { Foretellers, MakeForetellers } from './foreteller.ts'
import { imagine, type ImaginedCluster, imaginedParts } from './imagined.ts'
import { type Imagining, imagineManifests, type Manifest } from './manifests.ts'
import { foretellService } from './service.ts'

export interface ForetellingInput {
  readonly transport: Transport
  readonly clock: Clock
  readonly systemNamespace: string
  /** Of manifests that name none. */
  readonly namespace: string
  readonly makeForetellers: MakeForetellers
}

export interface OpenedForetelling {
  readonly imagined: ImaginedCluster
  readonly foretellers: Foretellers
  readonly imaginings: readonly Imagining[]
}

/**
 * All that is provided anew comes to an end with `signal`. With `settles`, what is there already is brought to where it should be
 * first, so that only what is asked about is left to be told.
 */
export async function openForetelling(
  { transport, clock, systemNamespace, namespace, makeForetellers }: ForetellingInput,
  manifests: readonly Manifest[],
  signal: AbortSignal,
  { settles = true }: { readonly settles?: boolean } = {},
): Promise<OpenedForetelling> {
  const snapshot = await takeSnapshot(transport, imaginedParts, { signal, systemNamespace })
  const imagined = imagine(snapshot, { transport, systemNamespace, clock })
  const imaginings = await imagineManifests(manifests, imagined, { namespace, signal })
  await addEndpoints(imaginings, { imagined, before: snapshot.services }, signal)
  const foretellers = await makeForetellers(imagined, signal)
  const opened = { imagined, foretellers, imaginings }
  if (settles) await settle(opened, new Set(imaginings.flatMap(each => (each.kind === 'put' ? [each.key] : []))), signal)
  return opened
}

/** Where Kubernetes has listed none, because the Service is not there, or those of what the Service chooses before the change. */
async function addEndpoints(
  imaginings: readonly Imagining[],
  { imagined: { stores, transport }, before }: { readonly imagined: ImaginedCluster; readonly before: readonly Service[] },
  signal: AbortSignal,
): Promise<void> {
  const earlier = new Map(before.map(service => [keyOf(service), service]))
  const services = imaginings.flatMap(each => (each.kind === 'put' && each.manifest.kind === 'Service' ? [each.key] : []))
  const without = services.flatMap(key => {
    const service = stores.services.get(key)
    if (!service) return []
    const old = earlier.get(key)
    const slices = stores.slices.byIndex('service', key)
    if (slices.length > 0 && !(old && choosesOthers(service, old))) return []
    for (const slice of slices) stores.slices.remove(keyOf(slice))
    return [service]
  })
  for (const podsOf of new Set(without.map(({ metadata }) => metadata.namespace ?? ''))) {
    const { pods } = await takeSnapshot(transport, ['pods'], { signal, podsOf })
    for (const service of without.filter(({ metadata }) => metadata.namespace === podsOf))
      for (const slice of imaginedSlices(service, pods)) stores.slices.put(slice)
  }
}

/**
 * A provider that plans for Announcements has to know all that are at the addresses: those that have one are brought first, as
 * after a start of the controller.
 */
async function settle(
  { imagined, foretellers }: OpenedForetelling,
  except: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const local = [...foretellers.values()].some(({ announcing }) => announcing !== undefined)
  if (!local) return
  const { services, classes } = imagined.stores
  const byLocal = new Set(
    [...classes.values()].filter(({ spec }) => spec.provider === 'local').map(({ metadata }) => metadata.name),
  )
  if (byLocal.size === 0) return
  const only = new Map([...foretellers].filter(([, { announcing }]) => announcing !== undefined))
  for (const service of Array.from(services.values())) {
    const has = (service.status?.loadBalancer?.ingress ?? []).some(({ ip }) => ip !== undefined)
    if (!has || except.has(keyOf(service))) continue
    await foretellService(service, { imagined, foretellers: only }, signal)
  }
}
