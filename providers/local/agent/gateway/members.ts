// What stands in a node's configuration: gateways, the Ingresses that are served by each, and copied Secrets; objects of the cluster in, data out.
import { createHash } from 'node:crypto'
import type { IngressReport } from '../../../../src/api/ingress-report.ts'
import type { LoadBalancerClass } from '../../../../src/api/load-balancer-class.ts'
import { podTargets } from '../../../../src/model/endpoints.ts'
import type { SecretKind } from '../../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../../src/model/ingress-objects.ts'
import type { EndpointSlice, Service } from '../../../../src/model/kubernetes-objects.ts'
import type { PodTarget } from '../../../../src/model/load-balancer.ts'
import { resolveBackend } from '../../../../src/model/routing/backend.ts'
import type { BackendFacts } from '../../../../src/model/routing/backend.ts'
import { routingModel } from '../../../../src/model/routing/build.ts'
import { classDefault } from '../../../../src/model/routing/class-default.ts'
import { memberKey } from '../../../../src/model/routing/model.ts'
import { readIngress } from '../../../../src/model/routing/read.ts'
import type { BackendResolver, IngressRouting } from '../../../../src/model/routing/read.ts'
import { readSettings } from '../../gateway/annotations/read.ts'
import type { CertificateFiles, Gateway, GatewayFacts } from '../../gateway/gateway.ts'
import type { IngressSettings, SecretName } from '../../gateway/settings.ts'
import { readingOptions, tuningOf } from '../../gateway/tuning.ts'
import { copiedFrom, copyFields, gatewayRecord } from '../../gateway/record.ts'
import type { CopiedKind, CopiedSecret, GatewayRecord } from '../../gateway/record.ts'
import type { MemberId, Version } from './quarantine.ts'

/** What can be held back on its own. */
export type Member =
  /** As it is read alone; `gateway` is not part of what is compared. */
  | { readonly kind: 'ingress'; readonly gateway: string; readonly routing: IngressRouting; readonly settings: IngressSettings }
  | { readonly kind: 'tls'; readonly files: CertificateFiles }
  | { readonly kind: 'ca' | 'basic-auth'; readonly text: string }

export type Members = ReadonlyMap<MemberId, Version<Member>>

/** Objects by their keys (`namespace/name`), as caches have them. */
export interface ClusterView {
  readonly services: { get(key: string): Service | undefined; values(): Iterable<Service> }
  readonly ingresses: { get(key: string): Ingress | undefined }
  readonly reports: { values(): Iterable<IngressReport> }
  readonly classes: { get(name: string): LoadBalancerClass | undefined }
  readonly secrets: { values(): Iterable<CopiedSecret> }
}

/** A gateway without its Ingresses. */
export interface Frame {
  readonly record: GatewayRecord
  readonly class?: LoadBalancerClass
}

export function framesOf({ services, classes }: Pick<ClusterView, 'services' | 'classes'>): readonly Frame[] {
  return [...services.values()].flatMap(service => {
    const record = service.metadata.deletionTimestamp === undefined ? gatewayRecord(service) : undefined
    const found = record && classes.get(record.class)
    return record ? { record, ...(found && { class: found }) } : []
  })
}

/** Whether clients of some gateway come by IPv6; an Envoy listens for both then. */
export function hasIpv6({ services }: Pick<ClusterView, 'services'>): boolean {
  return [...services.values()].some(service => gatewayRecord(service) && service.spec.ipFamilies?.includes('IPv6'))
}

/**
 * The controller alone decides which Ingress is served by which gateway, and says so in the Ingress's report. An Ingress that
 * leaves is out of it when its report no longer names the gateway, or is gone.
 */
export function membersOf(view: ClusterView, frames: readonly Frame[]): Members {
  const byName = new Map(frames.map(frame => [frame.record.name, frame]))
  const members = new Map<MemberId, Version<Member>>()
  for (const { metadata, spec } of view.reports.values()) {
    const frame = spec.provider === 'local' ? byName.get(spec.group ?? '') : undefined
    const key = `${metadata.namespace}/${metadata.name}`
    const ingress = frame && view.ingresses.get(key)
    if (!ingress) continue
    const facts = backendFacts(view, frame)
    const { settings } = readSettings(ingress, frame.class && readingOptions(frame.class))
    const resolve: BackendResolver = backend => resolveBackend(backend, ingress.metadata.namespace ?? '', facts)
    const routing = readIngress(ingress, resolve, settings.ways)
    const digest = createHash('sha256')
      .update(JSON.stringify([routing, settings]))
      .digest('base64url')
      .slice(0, 22)
    members.set(ingressMember(key), { digest, value: { kind: 'ingress', gateway: frame.record.name, routing, settings } })
  }
  for (const secret of view.secrets.values()) {
    const from = copiedFrom(secret)
    if (from) members.set(secretMember(from.kind, from), { digest: from.fingerprint, value: contentOf(from.kind, secret) })
  }
  return members
}

function contentOf(kind: CopiedKind, { data }: CopiedSecret): Member {
  const text = (field: string) => Buffer.from(data?.[field] ?? '', 'base64').toString()
  const [chain, key] = copyFields.tls
  return kind === 'tls'
    ? { kind, files: { chain: text(chain), key: text(key) } }
    : { kind, text: copyFields[kind].map(text).join('\n') }
}

/** The gateways with these members, as Envoy is told of them. */
export function gatewaysOf(frames: readonly Frame[], view: Pick<ClusterView, 'services'>, members: Members): readonly Gateway[] {
  const served = [...members.values()].flatMap(({ value }) => (value.kind === 'ingress' ? value : []))
  const byGateway = Map.groupBy(served, ({ gateway }) => gateway)
  return frames.map(frame => {
    const { record, class: lbClass } = frame
    const { name, http, https } = record
    const own = byGateway.get(name) ?? []
    const last = lbClass && classDefault(lbClass, backendFacts(view, frame))
    return {
      name,
      model: routingModel(
        own.map(({ routing }) => routing),
        last ? { classDefault: last } : {},
      ),
      settings: new Map(own.map(({ routing, settings }) => [memberKey(routing.id), settings])),
      ...(lbClass ? { tuning: tuningOf(lbClass) } : {}),
      ...(http ? { http } : {}),
      ...(https ? { https } : {}),
    }
  })
}

/** What copies of Secrets hold, for gateways; the last good of each. */
export function secretFacts(members: Members): Required<Pick<GatewayFacts, 'certificate' | 'authorities' | 'users'>> {
  const textOf = (kind: 'ca' | 'basic-auth') => (secret: SecretName) => {
    const found = members.get(secretMember(kind, secret))?.value
    return found?.kind === kind ? found.text : undefined
  }
  return {
    certificate(secret) {
      const found = members.get(secretMember('tls', secret))?.value
      return found?.kind === 'tls' ? found.files : undefined
    },
    authorities: textOf('ca'),
    users: textOf('basic-auth'),
  }
}

export function ingressMember(key: string): MemberId {
  return `ingress ${key}`
}

export function secretMember(kind: SecretKind, { namespace, name }: SecretName): MemberId {
  return `${kind} ${namespace}/${name}`
}

/** The Ingress that a member is; undefined for other members. */
export function ingressOf(member: MemberId): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^ingress ([^/]+)\/(.+)$/.exec(member) ?? []
  return namespace !== undefined && name !== undefined ? { namespace, name } : undefined
}

/** The pods behind a port of a Service, of one family: those of IPv4 where there are such. */
export function targetsOf(service: Service | undefined, slices: Iterable<EndpointSlice>, port: number): readonly PodTarget[] {
  const found = service?.spec.ports?.find(each => each.port === port && (each.protocol ?? 'TCP') === 'TCP')
  if (!found) return []
  const listener = { portName: found.name ?? '', protocol: 'TCP' } as const
  const all = [...slices]
  const four = podTargets(listener, all, 'IPv4')
  return four.length > 0 ? four : podTargets(listener, all, 'IPv6')
}

function backendFacts({ services }: Pick<ClusterView, 'services'>, { class: lbClass }: Frame): BackendFacts {
  return {
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    externalNames: lbClass?.spec.ingress?.externalNames ?? false,
  }
}
