// Groups of Ingresses as tests write them, and what their load balancer is to be.
import type { AwsClass } from '../../../src/api/aws-class.ts'
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import { namedIngressGroup } from '../../../src/model/ingress-group-ids.ts'
import type { IngressGroupGoal } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import { resolveBackend } from '../../../src/model/routing/backend.ts'
import { routingModel } from '../../../src/model/routing/build.ts'
import { ingress } from '../../../src/model/routing/examples-under-test.ts'
import type { Written } from '../../../src/model/routing/examples-under-test.ts'
import { readIngress } from '../../../src/model/routing/read.ts'
import type { ApplicationWish } from '../model/application-wish.ts'
import { ruleText } from '../actions/application.ts'
import { applicationWish } from './application.ts'
import type { Around } from './application.ts'
import type { IngressSettings } from './asked.ts'
import { readIngressSettings } from './settings.ts'
import { resolveAction } from './ways.ts'

export function awsClass(aws: AwsClass = {}): LoadBalancerClass {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancerClass',
    metadata: { name: 'aws' },
    spec: { provider: 'aws', targets: 'Pod', default: false, aws },
  }
}

/** An Ingress with annotations of ALB, their prefix left out. */
export function albIngress({
  annotations = {},
  ...written
}: Written & { readonly annotations?: Readonly<Record<string, string>> }): Ingress {
  const made = ingress(written)
  const full = Object.entries(annotations).map(([key, value]) => [
    key.includes('/') ? key : `alb.ingress.kubernetes.io/${key}`,
    value,
  ])
  return { ...made, metadata: { ...made.metadata, annotations: Object.fromEntries(full) } }
}

/** Every name is a Service with ports 80 (http) and 8080 (admin), but those that begin with `missing`. */
export function anyService(
  namespace: string,
  name: string,
  annotations: Readonly<Record<string, string>> = {},
): Service | undefined {
  if (name.startsWith('missing')) return undefined
  return {
    metadata: { namespace, name, uid: `uid-${name}`, annotations },
    spec: {
      ports: [
        { name: 'http', port: 80, targetPort: 8000, nodePort: 30_080 },
        { name: 'admin', port: 8080, targetPort: 'admin' },
      ],
    },
  }
}

export function goalOf(
  ingresses: readonly Ingress[],
  options: { readonly class?: LoadBalancerClass; readonly serviceAnnotations?: Readonly<Record<string, string>> } = {},
): IngressGroupGoal<IngressSettings> {
  const lbClass = options.class ?? awsClass()
  const service = (namespace: string, name: string) => anyService(namespace, name, options.serviceAnnotations)
  const services = new Map<string, { readonly service: Service; readonly slices: readonly [] }>()
  const members = ingresses.map(each => {
    const { namespace = '', name, uid = '' } = each.metadata
    const reading = readIngressSettings(each, lbClass)
    const find = (space: string, wanted: string) => {
      const found = service(space, wanted)
      if (found) services.set(`${space}/${wanted}`, { service: found, slices: [] })
      return found
    }
    for (const wanted of reading.services) find(namespace, wanted)
    const routing = readIngress(
      each,
      (backend, owner) =>
        resolveAction(backend, owner) ?? resolveBackend(backend, owner.metadata.namespace ?? '', { service: find }),
      reading.ways,
    )
    return {
      id: { namespace, name, uid },
      ingress: each,
      ingressClass: 'alb',
      routing,
      settings: reading.settings,
      problems: reading.problems,
    }
  })
  const last = lbClass.spec.ingress?.defaultBackend
  const ofClass = last && service(last.namespace, last.service)
  if (last && ofClass) services.set(`${last.namespace}/${last.service}`, { service: ofClass, slices: [] })
  return {
    id: namedIngressGroup('aws', 'edge'),
    class: lbClass,
    members,
    model: routingModel(members.map(({ routing }) => routing)),
    services,
    secrets: new Map(),
  }
}

const around: Around = {
  before: [],
  existing: 'none',
  place: { region: 'us-west-2', vpcId: 'vpc-1' },
  discovered: new Map(),
  imported: new Set(),
  webAclNamed: () => undefined,
}

export function wishFor(
  ingresses: readonly Ingress[],
  { class: lbClass, serviceAnnotations, ...others }: Partial<Around> & Parameters<typeof goalOf>[1] = {},
): ApplicationWish {
  const goal = goalOf(ingresses, {
    ...(lbClass ? { class: lbClass } : {}),
    ...(serviceAnnotations ? { serviceAnnotations } : {}),
  })
  return applicationWish(goal, { ...around, ...others })
}

/** Every rule as a person reads it, the default one last, by `HTTP 80`. */
export function printed({ settings }: ApplicationWish): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    settings.listeners.map(({ protocol, port, rules, defaultActions }) => [
      `${protocol} ${port}`,
      [...rules.map(ruleText), ruleText({ conditions: [], actions: defaultActions }).trim()],
    ]),
  )
}

/** Reasons of what is told, by the name of the member: of the whole, then of routes. */
export function told({ members }: ApplicationWish): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...members].map(([key, { problems, routes }]) => [
      key.replace('default/', ''),
      [...problems.map(({ reason }) => reason), ...[...(routes ?? [])].map(([at, { reason }]) => `${at} ${reason}`)],
    ]),
  )
}
