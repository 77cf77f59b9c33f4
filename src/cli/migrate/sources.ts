// Where the objects to migrate come from: files of manifests, or the cluster.
import { z } from 'zod'
import { parseAllDocuments } from 'yaml'
import { isNotFound, messageOf } from '../../kubernetes/errors.ts'
import { listAll } from '../../kubernetes/list-watch.ts'
import { defineResource, type KubernetesObject } from '../../kubernetes/objects.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import { UsageError } from '../arguments.ts'
import { MissingError } from '../missing.ts'
import { deployment, foreignBinding, ingressClass, ingressClassParams } from './aws-lbc-objects.ts'
import type { AwsLbcSources } from './aws-lbc.ts'
import type { IngressNginxSources } from './ingress-nginx.ts'
import { bgpAdvertisement, ipAddressPool, l2Advertisement, routingKinds } from './metallb-objects.ts'
import type { MetallbSources } from './metallb.ts'

const object = z.looseObject({
  kind: z.string(),
  apiVersion: z.string().optional(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
})
const list = z.object({ kind: z.string().endsWith('List'), items: z.array(z.unknown()) })
const ingress = z.custom<Ingress>(value => object.safeParse(value).success)
const configMap = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  data: z.record(z.string(), z.string()).nullish(),
})
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

interface Known {
  readonly value: unknown
  readonly kind: string
  readonly name: string
  readonly group: string
}

/** Objects by kind; those of other projects and kinds are not looked at. */
function sorted(objects: readonly unknown[]) {
  const known = objects.flatMap((value): readonly Known[] => {
    const { data } = object.safeParse(value)
    if (!data) return []
    const name = `${data.kind} ${data.metadata.namespace ?? ''}/${data.metadata.name}`
    return [
      {
        value,
        kind: data.kind,
        name,
        group: data.apiVersion?.includes('/') === true ? (data.apiVersion.split('/')[0] ?? '') : '',
      },
    ]
  })
  return {
    /** Throws UsageError for one that cannot be read. */
    ofKind: <T>(kind: string, schema: z.ZodType<T>, group: string): readonly T[] =>
      known
        .filter(each => each.kind === kind && (each.group === group || each.group === ''))
        .map(({ value, name }) => {
          const read = schema.safeParse(value)
          if (!read.success) throw new UsageError(`${name}: ${z.prettifyError(read.error)}`)
          return read.data
        }),
    /** Names of all of a group whose kind is one of these, or none of those that are known. */
    names: (group: string, matches: (kind: string) => boolean) =>
      known.filter(each => each.group === group && matches(each.kind)).map(({ name }) => name),
  }
}

/** Throws UsageError for an object that cannot be read. */
export function metallbSources(objects: readonly unknown[], className: string): MetallbSources {
  const { ofKind, names } = sorted(objects)
  return {
    pools: ofKind('IPAddressPool', ipAddressPool, 'metallb.io'),
    l2: ofKind('L2Advertisement', l2Advertisement, 'metallb.io'),
    bgp: ofKind('BGPAdvertisement', bgpAdvertisement, 'metallb.io'),
    others: names('metallb.io', kind => routingKinds.some(other => other === kind)),
    former: names('metallb.io', kind => kind === 'AddressPool'),
    services: ofKind('Service', service, ''),
    workloads: workloadsIn(ofKind),
    className,
  }
}

function workloadsIn(ofKind: ReturnType<typeof sorted>['ofKind']) {
  return [...ofKind('Deployment', deployment, 'apps'), ...ofKind('DaemonSet', deployment, 'apps')]
}

const lbcGroup = 'elbv2.k8s.aws'

/** The same of AWS Load Balancer Controller. */
export function awsLbcSources(objects: readonly unknown[], className: string): AwsLbcSources {
  const { ofKind, names } = sorted(objects)
  const known = new Set(['IngressClassParams', 'TargetGroupBinding'])
  return {
    params: ofKind('IngressClassParams', ingressClassParams, lbcGroup),
    bindings: ofKind('TargetGroupBinding', foreignBinding, lbcGroup),
    ingressClasses: ofKind('IngressClass', ingressClass, 'networking.k8s.io'),
    ingresses: ofKind('Ingress', ingress, 'networking.k8s.io'),
    services: ofKind('Service', service, ''),
    deployments: ofKind('Deployment', deployment, 'apps'),
    others: [...names(lbcGroup, kind => !known.has(kind)), ...names('gateway.k8s.aws', () => true)],
    className,
  }
}

/** The same of ingress-nginx. */
export function ingressNginxSources(objects: readonly unknown[], className: string): IngressNginxSources {
  const { ofKind } = sorted(objects)
  return {
    ingressClasses: ofKind('IngressClass', ingressClass, 'networking.k8s.io'),
    ingresses: ofKind('Ingress', ingress, 'networking.k8s.io'),
    configMaps: ofKind('ConfigMap', configMap, ''),
    workloads: workloadsIn(ofKind),
    className,
  }
}

interface ReadKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

const kindOf = (group: string, version: string, kind: string, plural = `${kind.toLowerCase()}s`): ReadKind => ({
  group,
  version,
  kind,
  plural,
  namespaced: true,
})

const ofKubernetes = {
  services: kindOf('', 'v1', 'Service'),
  configMaps: kindOf('', 'v1', 'ConfigMap'),
  ingresses: kindOf('networking.k8s.io', 'v1', 'Ingress', 'ingresses'),
  ingressClasses: { ...kindOf('networking.k8s.io', 'v1', 'IngressClass', 'ingressclasses'), namespaced: false },
  deployments: kindOf('apps', 'v1', 'Deployment'),
  daemonSets: kindOf('apps', 'v1', 'DaemonSet'),
}

/** What is read of a project in a cluster; `own`: kinds that only the project has. */
const projects = {
  metallb: {
    own: [
      ...['IPAddressPool', 'L2Advertisement', 'BGPAdvertisement', 'BFDProfile', 'AddressPool'].map(kind =>
        kindOf('metallb.io', 'v1beta1', kind),
      ),
      kindOf('metallb.io', 'v1beta2', 'BGPPeer'),
      kindOf('metallb.io', 'v1beta1', 'Community', 'communities'),
    ],
    others: [ofKubernetes.services, ofKubernetes.deployments, ofKubernetes.daemonSets],
  },
  'aws-lbc': {
    own: [
      { ...kindOf(lbcGroup, 'v1beta1', 'IngressClassParams', 'ingressclassparams'), namespaced: false },
      kindOf(lbcGroup, 'v1beta1', 'TargetGroupBinding'),
    ],
    others: [ofKubernetes.services, ofKubernetes.ingresses, ofKubernetes.ingressClasses, ofKubernetes.deployments],
  },
  'ingress-nginx': {
    own: [],
    others: [
      ofKubernetes.ingresses,
      ofKubernetes.ingressClasses,
      ofKubernetes.deployments,
      ofKubernetes.daemonSets,
      ofKubernetes.configMaps,
    ],
  },
} as const satisfies Readonly<Record<string, { readonly own: readonly ReadKind[]; readonly others: readonly ReadKind[] }>>

export type Project = keyof typeof projects

export function isProject(name: string | undefined): name is Project {
  return name !== undefined && Object.hasOwn(projects, name)
}

export const projectNames: readonly string[] = Object.keys(projects)

/** Everything of a project in the cluster, and what it serves. Throws MissingError when its own kinds are not there. */
export async function readProject(transport: Transport, project: Project, signal: AbortSignal): Promise<readonly unknown[]> {
  const { own, others } = projects[project]
  const read = (kinds: readonly ReadKind[]) =>
    Promise.all(
      kinds.map(kind =>
        readAll(transport, { resource: defineResource(kind), kind: kind.kind, apiVersion: apiVersionOf(kind) }, signal),
      ),
    )
  const found = await read(own)
  if (found.length > 0 && found.every(each => each === undefined))
    throw new MissingError(`there are no kinds of ${own[0]?.group ?? project} in this cluster; name files with -f instead`)
  return [...found, ...(await read(others))].flatMap(each => each ?? [])
}

function apiVersionOf({ group, version }: ReadKind): string {
  return group === '' ? version : `${group}/${version}`
}

/** Lists do not say the kind of their items. */
async function readAll(
  transport: Transport,
  {
    resource,
    kind,
    apiVersion,
  }: {
    readonly resource: ReturnType<typeof defineResource>
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
