// Where the objects to migrate come from: files of manifests, or the cluster.
import { z } from 'zod'
import { parseAllDocuments } from 'yaml'
import { isNotFound, messageOf } from '../../kubernetes/errors.ts'
import { listAll } from '../../kubernetes/list-watch.ts'
import { defineResource, type KubernetesObject } from '../../kubernetes/objects.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import { services } from '../../controllers/resources.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import { UsageError } from '../arguments.ts'
import { bgpAdvertisement, ipAddressPool, l2Advertisement, routingKinds } from './metallb-objects.ts'
import type { MetallbSources } from './metallb.ts'

const object = z.looseObject({
  kind: z.string(),
  apiVersion: z.string().optional(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
})
const list = z.object({ kind: z.string().endsWith('List'), items: z.array(z.unknown()) })
const service = z.custom<Service>(value => object.safeParse(value).success)

/** The objects in a text of YAML or JSON documents, lists unpacked. Throws UsageError with the file and what is wrong. */
export function objectsIn(text: string, file: string): readonly unknown[] {
  const documents = parseAllDocuments(text)
  return documents.flatMap(document => {
    const [error] = document.errors
    if (error) throw new UsageError(`${file}: ${error.message.split('\n')[0] ?? ''}`)
    return unpacked(document.toJS())
  })
}

function unpacked(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return []
  const found = list.safeParse(value)
  return found.success ? found.data.items.flatMap(unpacked) : [value]
}

/** Sorts objects by kind; those of other projects and kinds are not looked at. Throws UsageError for one that cannot be read. */
export function metallbSources(objects: readonly unknown[], className: string): MetallbSources {
  const known = objects.flatMap(value => {
    const { data } = object.safeParse(value)
    return data
      ? [
          {
            value,
            kind: data.kind,
            name: `${data.kind} ${data.metadata.namespace ?? ''}/${data.metadata.name}`,
            group: data.apiVersion?.split('/')[0] ?? '',
          },
        ]
      : []
  })
  const ofKind = <T>(kind: string, schema: z.ZodType<T>, group = 'metallb.io'): readonly T[] =>
    known
      .filter(each => each.kind === kind && (each.group === group || each.group === ''))
      .map(({ value, name }) => {
        const read = schema.safeParse(value)
        if (!read.success) throw new UsageError(`${name}: ${z.prettifyError(read.error)}`)
        return read.data
      })
  return {
    pools: ofKind('IPAddressPool', ipAddressPool),
    l2: ofKind('L2Advertisement', l2Advertisement),
    bgp: ofKind('BGPAdvertisement', bgpAdvertisement),
    others: known
      .filter(({ kind, group }) => group === 'metallb.io' && routingKinds.some(other => other === kind))
      .map(({ name }) => name),
    services: ofKind('Service', service, 'v1'),
    className,
  }
}

const versions = {
  IPAddressPool: 'v1beta1',
  L2Advertisement: 'v1beta1',
  BGPAdvertisement: 'v1beta1',
  BGPPeer: 'v1beta2',
  BFDProfile: 'v1beta1',
  Community: 'v1beta1',
} as const

/** Everything of MetalLB in the cluster, and all Services. Throws UsageError when MetalLB's kinds are not there. */
export async function readMetallb(transport: Transport, signal: AbortSignal): Promise<readonly unknown[]> {
  const found = await Promise.all(
    Object.entries(versions).map(async ([kind, version]) => {
      const plural = kind === 'Community' ? 'communities' : `${kind.toLowerCase()}s`
      const resource = defineResource({ group: 'metallb.io', version, plural, kind, namespaced: true })
      return readAll(transport, { resource, kind, apiVersion: `metallb.io/${version}` }, signal)
    }),
  )
  if (found.every(each => each === undefined))
    throw new UsageError('there are no kinds of metallb.io in this cluster; name files with -f instead')
  const all = await readAll(transport, { resource: services, kind: 'Service', apiVersion: 'v1' }, signal)
  return [...found.flatMap(each => each ?? []), ...(all ?? [])]
}

/** Lists do not say the kind of their items. */
async function readAll(
  transport: Transport,
  {
    resource,
    kind,
    apiVersion,
  }: {
    readonly resource: typeof services | ReturnType<typeof defineResource>
    readonly kind: string
    readonly apiVersion: string
  },
  signal: AbortSignal,
): Promise<readonly unknown[] | undefined> {
  const objects: unknown[] = []
  try {
    await listAll<KubernetesObject>(transport, { resource }, signal, each => objects.push({ ...each, kind, apiVersion }))
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw new Error(`${kind} cannot be read: ${messageOf(error)}`, { cause: error })
  }
  return objects
}
