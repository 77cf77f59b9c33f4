// From ingress-nginx to a LoadBalancerClass with its controller as alias; its options for all Ingresses are told one by one. Pure.
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import { legacyClassAnnotation } from '../../model/ingress-class.ts'
import { otherControllers, refText } from '../../model/other-controllers.ts'
import { classManifest } from './aws-lbc-class.ts'
import type { ReadDeployment, ReadIngressClass } from './aws-lbc-objects.ts'
import type { Judge } from './aws-lbc.ts'
import { changed, leftOut, nothingFound } from './outcome.ts'
import type { Migration, Note } from './outcome.ts'

interface ReadConfigMap {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined }
  readonly data?: Readonly<Record<string, string>> | null | undefined
}

export interface IngressNginxSources {
  readonly ingressClasses: readonly ReadIngressClass[]
  readonly ingresses: readonly Ingress[]
  readonly configMaps: readonly ReadConfigMap[]
  readonly workloads: readonly ReadDeployment[]
  readonly className: string
}

/** Options of the ConfigMap that a class has too. */
const options: Readonly<
  Record<string, (value: string) => Partial<NonNullable<NonNullable<LoadBalancerClass['spec']['local']>['gateway']>>>
> = {
  'ssl-protocols': value => (/TLSv1\.2/.test(value) ? {} : /TLSv1\.3/.test(value) ? { minimumTls: '1.3' } : {}),
  'use-forwarded-headers': value => (value === 'true' ? { trustedProxies: 1 } : {}),
}

export function migrateIngressNginx(sources: IngressNginxSources, judge: Pick<Judge, 'ingress'>): Migration {
  const { ingressClasses, ingresses, className } = sources
  const [known] = otherControllers.IngressNginx.aliases
  const workload = workloadOf(sources)
  const asked = flagOf(workload, 'controller-class') ?? known ?? ''
  const own = ingressClasses.filter(({ spec }) => spec?.controller === asked)
  const config = configOf(sources, workload)
  const usualName = flagOf(workload, 'ingress-class') ?? 'nginx'
  const isUnread = ingressClasses.every(({ metadata }) => metadata.name !== usualName)
  const names = new Set([...own.map(({ metadata }) => metadata.name), ...(isUnread ? [usualName] : [])])
  const served = ingresses.filter(ingress => names.has(classNameOf(ingress) ?? ''))
  const unread = isUnread ? served.filter(ingress => classNameOf(ingress) === usualName) : []
  if (!workload && !config && own.length + served.length === 0)
    return nothingFound(
      'ingress-nginx',
      `nothing of it is among what was read: not its Deployment or DaemonSet, no IngressClass with the controller ${asked}, and no Ingress of the class ${usualName}. Name the files that have them with -f.`,
    )
  const data = Object.entries(config?.data ?? {})
  const gateway = Object.fromEntries(data.flatMap(([key, value]) => Object.entries(options[key]?.(value) ?? {})))
  const ref = workload && {
    kind: workload.kind,
    namespace: workload.metadata.namespace ?? 'default',
    name: workload.metadata.name,
  }
  const isUsual = ref === undefined || otherControllers.IngressNginx.workloads.some(each => refText(each) === refText(ref))
  const entry = { alias: asked, from: 'IngressNginx' as const, ...(isUsual ? {} : { workloads: [ref] }) }
  const main = classManifest(className, {
    provider: 'local',
    targets: 'Pod',
    default: false,
    aliases: [asked],
    ...(isUsual && asked === known ? {} : { takeOver: [entry] }),
    ...(Object.keys(gateway).length > 0 ? { local: { gateway } } : {}),
  })
  return {
    manifests: [main],
    notes: [
      ...(unread.length > 0 ? [unreadNote(usualName, asked, unread)] : []),
      ...data.flatMap(([key, value]) => optionNote(key, value, config)),
      ...served.flatMap(ingress => ingressNotes(ingress, judge.ingress(ingress, main))),
      ...(served.length > 0
        ? [
            changed(
              `LoadBalancerClass ${className}`,
              'its gateway is a Service of its own in weir-system, with an address of its own: the DNS names of these Ingresses have to lead there, or give it the address of the Service ingress-nginx-controller in local.gateway.addresses once that one is deleted.',
            ),
          ]
        : []),
    ],
    kept: own.map(({ metadata }) => `IngressClass ${metadata.name} is served by the alias ${asked}`),
  }
}

function workloadOf({ workloads }: IngressNginxSources) {
  const found = workloads.find(({ spec }) =>
    spec.template.spec.containers.some(({ image }) => /ingress-nginx\/controller|nginx-ingress-controller/.test(image ?? '')),
  )
  return found && { ...found, kind: found.kind === 'DaemonSet' ? ('DaemonSet' as const) : ('Deployment' as const) }
}

function argsOf(workload: ReturnType<typeof workloadOf>): readonly string[] {
  return workload?.spec.template.spec.containers.flatMap(({ args }) => args ?? []) ?? []
}

function flagOf(workload: ReturnType<typeof workloadOf>, name: string): string | undefined {
  const start = `--${name}=`
  return argsOf(workload).flatMap(arg => (arg.startsWith(start) && arg !== start ? arg.slice(start.length) : []))[0]
}

function classNameOf({ metadata, spec }: Ingress): string | undefined {
  return metadata.annotations?.[legacyClassAnnotation] ?? spec?.ingressClassName
}

/** Files of a repository often have the Ingresses without the class, which the installation made. */
function unreadNote(name: string, controller: string, ingresses: readonly Ingress[]): Note {
  const [first] = ingresses
  const which = `Ingress ${first?.metadata.namespace ?? ''}/${first?.metadata.name ?? ''}${ingresses.length > 1 ? ` and ${ingresses.length - 1} more` : ''}`
  return leftOut(
    `IngressClass ${name}`,
    `it is missing from what was read, and ${which} of that class can only be taken for ingress-nginx's by its name. An IngressClass ${name} with the controller ${controller} has to be in the cluster for Weir to serve them.`,
  )
}

/** That of the flag, which may name the namespace by a variable; else the one that the installation makes. */
function configOf({ configMaps }: IngressNginxSources, workload: ReturnType<typeof workloadOf>): ReadConfigMap | undefined {
  const [named] = argsOf(workload).flatMap(arg => /^--configmap=(?:.*\/)?(.+)$/.exec(arg)?.[1] ?? [])
  const namespace = workload?.metadata.namespace ?? 'ingress-nginx'
  return configMaps.find(
    ({ metadata }) => metadata.name === (named ?? 'ingress-nginx-controller') && metadata.namespace === namespace,
  )
}

function optionNote(key: string, value: string, config: ReadConfigMap | undefined): readonly Note[] {
  const about = `ConfigMap ${config?.metadata.namespace ?? ''}/${config?.metadata.name ?? ''}`
  const carried = options[key]
  return carried && Object.keys(carried(value)).length > 0
    ? [
        changed(
          about,
          `${key}: ${value} became ${Object.entries(carried(value))
            .map(([name, each]) => `local.gateway.${name}: ${String(each)}`)
            .join(', ')}.`,
        ),
      ]
    : [
        leftOut(
          about,
          `${key}: ${value.length > 60 ? `${value.slice(0, 60)}…` : value}. There is no such option for all Ingresses; docs/ingress-annotations.md names the annotations there are.`,
        ),
      ]
}

function ingressNotes({ metadata }: Ingress, problems: ReturnType<Judge['ingress']>): readonly Note[] {
  return problems.map(({ severity, message, remedy }) =>
    (severity === 'blocks' ? leftOut : changed)(
      `Ingress ${metadata.namespace ?? ''}/${metadata.name}`,
      `${message} ${remedy}`.trim(),
    ),
  )
}
