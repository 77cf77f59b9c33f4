// Controllers of others whose Services and Ingresses a class can take over: how they are known, where they run, what they leave.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { KnownController, LeaseRef, TakeOverEntry, WorkloadRef } from '../api/take-over.ts'

/** Services without a class, which the default class answers as it answers its aliases. */
export const withoutClass = ''

export interface OtherController {
  readonly name: string
  /** Values of spec.loadBalancerClass and of spec.controller that are always its own. */
  readonly aliases: readonly string[]
  /** Where it keeps its Lease as its own installation has it. */
  readonly leases: readonly LeaseRef[]
  /**
   * What it runs as. `proves`: seen without ready pods, it shows that the controller is gone; the others only show that it
   * runs.
   */
  readonly workloads: readonly (WorkloadRef & { readonly proves: boolean })[]
  /** Finalizers that it puts on Services and Ingresses, and would take off itself. */
  readonly finalizer?: RegExp
  /** How it is stopped so that it can be started again. */
  readonly stop: string
  /** The manifest that lets Weir look at these places. */
  readonly rights: string
}

const deployment = (namespace: string, name: string, proves = true) => ({ kind: 'Deployment', namespace, name, proves }) as const
const daemonSet = (namespace: string, name: string, proves = true) => ({ kind: 'DaemonSet', namespace, name, proves }) as const

/** A row per controller; `deploy/take-over` has the rights for the places of each. */
export const otherControllers: Readonly<Record<Exclude<KnownController, 'Nobody'>, OtherController>> = {
  AWSLoadBalancerController: {
    name: 'AWS Load Balancer Controller',
    aliases: ['service.k8s.aws/nlb', 'ingress.k8s.aws/alb'],
    leases: [{ namespace: 'kube-system', name: 'aws-load-balancer-controller-leader' }],
    workloads: [deployment('kube-system', 'aws-load-balancer-controller')],
    finalizer: /^(?:service\.k8s\.aws\/resources|ingress\.k8s\.aws\/resources|group\.ingress\.k8s\.aws\/.+)$/,
    stop: 'kubectl -n kube-system scale deployment aws-load-balancer-controller --replicas=0',
    rights: 'deploy/take-over/aws-load-balancer-controller.yaml',
  },
  IngressNginx: {
    name: 'ingress-nginx',
    aliases: ['k8s.io/ingress-nginx'],
    // The chart names it after the release, the static manifests and older charts as the flag has it by default.
    leases: [
      { namespace: 'ingress-nginx', name: 'ingress-nginx-leader' },
      { namespace: 'ingress-nginx', name: 'ingress-controller-leader' },
    ],
    workloads: [deployment('ingress-nginx', 'ingress-nginx-controller'), daemonSet('ingress-nginx', 'ingress-nginx-controller')],
    stop: 'kubectl -n ingress-nginx scale deployment ingress-nginx-controller --replicas=0',
    rights: 'deploy/take-over/ingress-nginx.yaml',
  },
  MetalLB: {
    name: 'MetalLB',
    aliases: ['metallb', 'metallb.io/metallb', 'metallb.universe.tf/metallb'],
    leases: [],
    // Addresses are announced by the speakers; the controller alone would give away addresses.
    workloads: [
      daemonSet('metallb-system', 'speaker'),
      daemonSet('metallb-system', 'metallb-speaker'),
      deployment('metallb-system', 'controller', false),
      deployment('metallb-system', 'metallb-controller', false),
    ],
    stop:
      'kubectl -n metallb-system scale deployment controller --replicas=0, and kubectl -n metallb-system patch daemonset speaker ' +
      `--patch '{"spec":{"template":{"spec":{"nodeSelector":{"weir.dev/none":"true"}}}}}'`,
    rights: 'deploy/take-over/metallb.yaml',
  },
}

/** What is looked at for one alias. */
export interface Search {
  readonly alias: string
  /** Undefined: a controller that only the class tells of. */
  readonly other: OtherController | undefined
  readonly leases: readonly LeaseRef[]
  readonly workloads: readonly SoughtWorkload[]
  /** Nobody else has it: active at once. */
  readonly free: boolean
}

export interface SoughtWorkload extends WorkloadRef {
  /** The class names it: not being there is being gone. */
  readonly named: boolean
  readonly proves: boolean
}

/** Everything that has to be looked at for the classes: one search for each alias, and one for Services without a class where it is asked for. */
export function searchesOf(classes: readonly LoadBalancerClass[]): ReadonlyMap<string, Search> {
  const searches = new Map<string, Search>()
  for (const { spec } of classes.toSorted((one, next) => (ageOf(one) < ageOf(next) ? -1 : 1))) {
    const unclassed = spec.default ? spec.takeOver?.find(({ alias }) => alias === undefined) : undefined
    if (unclassed && !searches.has(withoutClass)) searches.set(withoutClass, searchOf(withoutClass, unclassed))
    for (const alias of spec.aliases ?? []) {
      const entry = spec.takeOver?.find(each => each.alias === alias)
      if (!searches.has(alias)) searches.set(alias, searchOf(alias, entry))
    }
  }
  return searches
}

function searchOf(alias: string, entry: TakeOverEntry | undefined): Search {
  const known = Object.values(otherControllers).find(({ aliases }) => aliases.includes(alias))
  const from = entry?.from
  // Of a name that is well known to be another's, nobody can say that it is nobody's.
  const other = from === undefined || from === 'Nobody' ? known : otherControllers[from]
  const named = entry?.workloads ?? []
  const usual = (other?.workloads ?? []).filter(one => !named.some(each => refText(each) === refText(one)))
  return {
    alias,
    other,
    free: from === 'Nobody' && known === undefined,
    leases: uniqueLeases([...(other?.leases ?? []), ...(entry?.leases ?? [])]),
    workloads: [
      ...named.map(each => ({ ...each, named: true, proves: true })),
      ...usual.map(each => ({ ...each, named: false })),
    ],
  }
}

function uniqueLeases(leases: readonly LeaseRef[]): readonly LeaseRef[] {
  return [...new Map(leases.map(lease => [leaseText(lease), lease])).values()]
}

export function refText({ kind, namespace, name }: WorkloadRef): string {
  return `${kind} ${namespace}/${name}`
}

export function leaseText({ namespace, name }: LeaseRef): string {
  return `Lease ${namespace}/${name}`
}

function ageOf({ metadata }: LoadBalancerClass): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.name}`
}
