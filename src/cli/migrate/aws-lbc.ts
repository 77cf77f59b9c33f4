// From AWS Load Balancer Controller's objects to LoadBalancerClasses, IngressClasses and TargetGroupBindings, and what every Service and Ingress that it serves is to expect. Pure.
import { apiVersion, group } from '../../api/group.ts'
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import { defaultClassAnnotation, legacyClassAnnotation } from '../../model/ingress-class.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import type { Problem } from '../../model/load-balancer.ts'
import { otherControllers } from '../../model/other-controllers.ts'
import { baseSpec, classManifest, classOfParams, flagsOf } from './aws-lbc-class.ts'
import type { Flags } from './aws-lbc-class.ts'
import type { ForeignBinding, IngressClassParams, ReadDeployment, ReadIngressClass } from './aws-lbc-objects.ts'
import type { Manifest, Migration, Note } from './outcome.ts'
import { changed, leftOut } from './outcome.ts'

export interface AwsLbcSources {
  readonly params: readonly IngressClassParams[]
  readonly bindings: readonly ForeignBinding[]
  readonly ingressClasses: readonly ReadIngressClass[]
  readonly ingresses: readonly Ingress[]
  readonly services: readonly Service[]
  readonly deployments: readonly ReadDeployment[]
  /** Of other kinds of that project, as `TargetGroupConfiguration shop/web`. */
  readonly others: readonly string[]
  /** The name of the LoadBalancerClass that has the aliases. */
  readonly className: string
}

/** How the provider reads what an object says. */
export interface Judge {
  readonly service: (service: Service, lbClass: LoadBalancerClass) => readonly Problem[]
  readonly ingress: (ingress: Ingress, lbClass: LoadBalancerClass) => readonly Problem[]
}

const controller = 'ingress.k8s.aws/alb'
const typeAnnotation = 'service.beta.kubernetes.io/aws-load-balancer-type'
const finalizers = otherControllers.AWSLoadBalancerController.finalizer

export function migrateAwsLbc(sources: AwsLbcSources, judge: Judge): Migration {
  const { params, ingressClasses, className } = sources
  const flags = flagsOf(sources.deployments)
  const base = baseSpec(flags)
  const nlbClass = flags.get('load-balancer-class') ?? 'service.k8s.aws/nlb'
  const unclassed = sources.services.filter(isUnclassed)
  const bindings = bindingsOf(sources)
  const main = mainClass(sources, { flags, nlbClass, unclassed: unclassed.length > 0, roles: bindings.roles })
  const classes = params.map(each => ({ params: each, ...classOfParams(each, base) }))
  const nameOf = (name: string) => (name === className ? `${name}-params` : name)
  const own = ingressClasses.filter(({ spec }) => spec?.controller === controller)
  const renamed = own.flatMap(each =>
    ingressClassOf(
      each,
      classes.flatMap(({ params: { metadata }, spec }) => (spec ? metadata.name : [])),
      nameOf,
    ),
  )
  const lbClassOf = (ingressClassName: string | undefined): LoadBalancerClass => {
    const wanted = own.find(({ metadata }) => metadata.name === ingressClassName)?.spec?.parameters?.name
    const found = classes.find(({ params: { metadata } }) => metadata.name === wanted)?.spec
    return { apiVersion, kind: 'LoadBalancerClass', metadata: { name: wanted ?? className }, spec: found ?? main.spec }
  }
  const services = servicesOf(sources, nlbClass, service => judge.service(service, lbClassOf(undefined)))
  const ingresses = ingressesOf(sources, own, ingress => judge.ingress(ingress, lbClassOf(classNameOf(ingress))))
  return {
    manifests: [
      main,
      ...classes.flatMap(({ params: { metadata }, spec }) => (spec ? classManifest(nameOf(metadata.name), spec) : [])),
      ...renamed.flatMap(({ manifest }) => manifest ?? []),
      ...bindings.manifests,
    ],
    notes: [
      ...(flags.get('cluster-name') === undefined ? [clusterNameNote(className)] : []),
      ...classes.flatMap(({ notes }) => notes),
      ...renamed.flatMap(({ notes }) => notes),
      ...bindings.notes,
      ...services.notes,
      ...ingresses.notes,
      ...sources.others.map(about => leftOut(about, 'Weir has nothing like it.')),
    ],
    kept: [...renamed.flatMap(({ kept }) => kept), ...services.kept, ...ingresses.kept],
  }
}

function clusterNameNote(className: string): Note {
  const how = `write the name that controller was given by --cluster-name in aws.clusterName of LoadBalancerClass ${className} and the others: without it its load balancers are not taken over.`
  return leftOut('Deployment aws-load-balancer-controller', `it is not among what was read, so ${how}`)
}

interface MainInput {
  readonly flags: Flags
  readonly nlbClass: string
  readonly unclassed: boolean
  readonly roles: readonly string[]
}

/** The class that has the aliases, and says where to see that the controller is gone. */
function mainClass({ className }: AwsLbcSources, { flags, nlbClass, unclassed, roles }: MainInput) {
  const base = baseSpec(flags)
  const from = 'AWSLoadBalancerController' as const
  const { at } = flags
  const [usual] = otherControllers.AWSLoadBalancerController.workloads
  const leaseName = flags.get('leader-election-id') ?? 'aws-load-balancer-controller-leader'
  const leaseNamespace = flags.get('leader-election-namespace') ?? at?.namespace ?? 'kube-system'
  const isUsual = at === undefined || (at.namespace === usual?.namespace && at.name === usual.name)
  const isUsualLease = leaseNamespace === 'kube-system' && leaseName === 'aws-load-balancer-controller-leader'
  const where = {
    from,
    ...(isUsualLease ? {} : { leases: [{ namespace: leaseNamespace, name: leaseName }] }),
    ...(isUsual ? {} : { workloads: [{ kind: 'Deployment' as const, namespace: at.namespace, name: at.name }] }),
  }
  const needsSaying = !isUsual || !isUsualLease || nlbClass !== 'service.k8s.aws/nlb'
  const aliases = [nlbClass, controller]
  const takeOver = [...(needsSaying ? aliases.map(alias => ({ alias, ...where })) : []), ...(unclassed ? [where] : [])]
  const aws = { ...base.aws, ...(roles.length > 0 ? { bindingRoles: [...roles] } : {}) }
  return classManifest(className, {
    ...base.spec,
    default: unclassed,
    aliases,
    ...(takeOver.length > 0 ? { takeOver } : {}),
    ...(Object.keys(aws).length > 0 ? { aws } : {}),
  })
}

interface Part {
  readonly manifest?: Manifest
  readonly notes: readonly Note[]
  readonly kept: readonly string[]
}

/** The same IngressClass, whose parameters name a class of ours; without parameters it needs nothing. */
function ingressClassOf(
  { metadata, spec }: ReadIngressClass,
  written: readonly string[],
  nameOf: (name: string) => string,
): readonly Part[] {
  const about = `IngressClass ${metadata.name}`
  const { parameters } = spec ?? {}
  if (!parameters) return [{ notes: [], kept: [`${about} is served by the alias ${controller}`] }]
  if (!written.includes(parameters.name))
    return [
      {
        notes: [
          leftOut(
            about,
            `its ${parameters.kind} ${parameters.name} has no class here, so its parameters stay; make the class first.`,
          ),
        ],
        kept: [],
      },
    ]
  const isDefault = metadata.annotations?.[defaultClassAnnotation]
  return [
    {
      manifest: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: {
          name: metadata.name,
          ...(isDefault === undefined ? {} : { annotations: { [defaultClassAnnotation]: isDefault } }),
        },
        spec: {
          controller,
          parameters: { apiGroup: group, kind: 'LoadBalancerClass', name: nameOf(parameters.name), scope: 'Cluster' },
        },
      },
      notes: [
        changed(
          about,
          `its parameters name LoadBalancerClass ${nameOf(parameters.name)} from now on, which the other controller cannot read: apply it when that one is stopped.`,
        ),
      ],
      kept: [],
    },
  ]
}

function bindingsOf({ bindings, className }: AwsLbcSources): {
  readonly manifests: readonly Manifest[]
  readonly notes: readonly Note[]
  readonly roles: readonly string[]
} {
  const made = bindings.filter(isGenerated)
  const shared = bindings.filter(({ spec }) => spec.multiClusterTargetGroup === true)
  const own = bindings.filter(each => !isGenerated(each) && each.spec.multiClusterTargetGroup !== true)
  const roles = [...new Set(own.flatMap(({ spec }) => spec.iamRoleArnToAssume ?? []))].toSorted()
  return {
    manifests: own.map(({ metadata, spec }) => ({
      apiVersion,
      kind: 'TargetGroupBinding',
      metadata: { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) },
      spec: { class: className, ...withoutNulls(spec) },
    })),
    notes: [
      ...own.map(({ metadata }) =>
        changed(
          `TargetGroupBinding ${metadata.namespace ?? ''}/${metadata.name}`,
          'its targets are filled by the one of weir.dev from now on. Delete the one of elbv2.k8s.aws only when its controller is stopped, and take its finalizer off: that controller would deregister the targets.',
        ),
      ),
      ...shared.map(({ metadata }) =>
        leftOut(
          `TargetGroupBinding ${metadata.namespace ?? ''}/${metadata.name}`,
          'multiClusterTargetGroup: a target group that several clusters fill.',
        ),
      ),
      ...(made.length > 0
        ? [
            leftOut(
              `${made.length} TargetGroupBindings`,
              `made by that controller itself (${firstNames(made)}): Weir registers targets without them. Delete them when everything is taken over.`,
            ),
          ]
        : []),
    ],
    roles,
  }
}

function firstNames(all: readonly ForeignBinding[]): string {
  const names = all.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}

/** Those that it makes for its own load balancers carry the name of the stack. */
function isGenerated({ metadata }: ForeignBinding): boolean {
  return Object.keys(metadata.labels ?? {}).some(key => /^(?:service|ingress|gateway)\.k8s\.aws(?:\.[an]lb)?\/stack/.test(key))
}

function servicesOf(
  { services }: AwsLbcSources,
  nlbClass: string,
  judge: (service: Service) => readonly Problem[],
): { readonly kept: readonly string[]; readonly notes: readonly Note[] } {
  const served = services.filter(each => each.spec.loadBalancerClass === nlbClass || isUnclassed(each))
  const parts = served.map(service => {
    const about = `Service ${service.metadata.namespace ?? ''}/${service.metadata.name}`
    const host = service.status?.loadBalancer?.ingress?.[0]?.hostname
    const isOther = service.spec.type !== 'LoadBalancer'
    return {
      kept: host === undefined || isOther ? [] : [`${about} keeps ${host}`],
      notes: [
        ...(isOther
          ? [leftOut(about, `it is of type ${service.spec.type ?? 'ClusterIP'}; Weir serves only type LoadBalancer.`)]
          : []),
        ...(!isOther && isUnclassed(service)
          ? [
              changed(
                about,
                'it has no class, so that the class is made the default one: it then serves every Service of type LoadBalancer without a class.',
              ),
            ]
          : []),
        ...problemNotes(about, isOther ? [] : judge(service)),
      ],
    }
  })
  return { kept: parts.flatMap(({ kept }) => kept), notes: parts.flatMap(({ notes }) => notes) }
}

/** Served by the annotation alone, with the finalizer that shows it. */
function isUnclassed({ metadata, spec }: Service): boolean {
  if (spec.loadBalancerClass !== undefined) return false
  const type = metadata.annotations?.[typeAnnotation]
  return (type === 'external' || type === 'nlb-ip') && (metadata.finalizers ?? []).some(name => finalizers?.test(name))
}

function ingressesOf(
  { ingresses }: AwsLbcSources,
  own: readonly ReadIngressClass[],
  judge: (ingress: Ingress) => readonly Problem[],
): { readonly kept: readonly string[]; readonly notes: readonly Note[] } {
  const names = new Set(own.map(({ metadata }) => metadata.name))
  const served = ingresses.filter(ingress => {
    const name = classNameOf(ingress)
    return (name !== undefined && names.has(name)) || ingress.metadata.annotations?.[legacyClassAnnotation] === 'alb'
  })
  const parts = served.map(ingress => {
    const about = `Ingress ${ingress.metadata.namespace ?? ''}/${ingress.metadata.name}`
    const host = ingress.status?.loadBalancer?.ingress?.[0]?.hostname
    const name = classNameOf(ingress) ?? ''
    return {
      kept: host === undefined ? [] : [`${about} keeps ${host}`],
      notes: [
        ...(names.has(name)
          ? []
          : [
              changed(
                about,
                `its annotation names ${name}, and there is no IngressClass of that name: make one with the controller ${controller}.`,
              ),
            ]),
        ...problemNotes(about, judge(ingress)),
      ],
    }
  })
  return { kept: parts.flatMap(({ kept }) => kept), notes: parts.flatMap(({ notes }) => notes) }
}

function classNameOf({ metadata, spec }: Ingress): string | undefined {
  return metadata.annotations?.[legacyClassAnnotation] ?? spec?.ingressClassName
}

function problemNotes(about: string, problems: readonly Problem[]): readonly Note[] {
  return problems.map(({ severity, message, remedy }) =>
    (severity === 'blocks' ? leftOut : changed)(about, `${message} ${remedy}`.trim()),
  )
}

function withoutNulls(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null && each !== undefined))
}
