// From flags of AWS Load Balancer Controller and from IngressClassParams to LoadBalancerClasses. Pure.
import type { AwsClass } from '../../api/aws-class.ts'
import { apiVersion } from '../../api/group.ts'
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import type { IngressClassParams, ReadDeployment } from './aws-lbc-objects.ts'
import type { Note } from './outcome.ts'
import { changed, leftOut } from './outcome.ts'

/** What that controller was started with, as far as it is of interest here. */
export interface Flags {
  readonly at?: { readonly namespace: string; readonly name: string }
  get(name: string): string | undefined
}

/** The Deployment is known by its image, wherever it runs. */
export function flagsOf(deployments: readonly ReadDeployment[]): Flags {
  for (const { metadata, spec } of deployments) {
    const container = spec.template.spec.containers.find(({ image }) => image?.includes('aws-load-balancer-controller'))
    if (!container) continue
    const args = [...(container.command ?? []), ...(container.args ?? [])]
    const known = new Map(
      args.flatMap(arg => {
        const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? []
        return name === undefined || value === undefined ? [] : [[name, value] as const]
      }),
    )
    return { at: { namespace: metadata.namespace ?? 'default', name: metadata.name }, get: name => known.get(name) }
  }
  return { get: () => undefined }
}

type Spec = LoadBalancerClass['spec']

/** What every class shares: where to work, and the defaults that the flags gave. */
export function baseSpec(flags: Flags): { readonly spec: Spec; readonly aws: AwsClass } {
  const scheme = flags.get('default-load-balancer-scheme')
  const tags = pairsOf(flags.get('default-tags'))
  const [clusterName, region, vpcId, tlsPolicy] = ['cluster-name', 'aws-region', 'aws-vpc-id', 'default-ssl-policy'].map(name =>
    flags.get(name),
  )
  const aws: AwsClass = {
    ...(clusterName === undefined ? {} : { clusterName }),
    ...(region === undefined ? {} : { region }),
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(scheme === 'internal' || scheme === 'internet-facing' ? { scheme } : {}),
    ...(Object.keys(tags).length > 0 ? { tags } : {}),
    ...(tlsPolicy === undefined ? {} : { tlsPolicy, ingress: { tlsPolicy } }),
  }
  const targets = flags.get('default-target-type') === 'ip' ? 'Pod' : 'Node'
  return { spec: { provider: 'aws', targets, default: false }, aws }
}

function pairsOf(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').flatMap(pair => {
    const at = pair.indexOf('=')
    return at > 0 ? [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const] : []
  })
  return Object.fromEntries(pairs)
}

/** Undefined where the class would be open for more Ingresses than the parameters were. */
export function classOfParams(
  { metadata, spec }: IngressClassParams,
  base: ReturnType<typeof baseSpec>,
): { readonly spec?: Spec; readonly notes: readonly Note[] } {
  const about = `IngressClassParams ${metadata.name}`
  const notes: Note[] = []
  const given = spec ?? {}
  const namespaces = namespacesOf(given.namespaceSelector)
  if (namespaces === 'other') {
    const why = 'its namespaceSelector asks for more than names; write the class with aws.ingress.namespaces, which lists them.'
    return { notes: [leftOut(about, why)] }
  }
  if (given.subnets?.tags && Object.keys(given.subnets.tags).length > 0)
    notes.push(
      leftOut(
        about,
        'subnets.tags: write the ids of those subnets in aws.subnets; a load balancer that is taken over keeps its own.',
      ),
    )
  const lists = given.prefixListsIDs ?? given.PrefixListsIDs
  const redirect = given.sslRedirectPort == null ? undefined : Number(given.sslRedirectPort)
  const listenerAttributes = attributesOfListeners(given.listeners, about, notes)
  const shared = plain({
    scheme: given.scheme,
    subnets: given.subnets?.ids?.length ? given.subnets.ids : undefined,
    prefixLists: lists?.length ? lists : undefined,
    tags: recordOf(given.tags),
  })
  const own = plain({
    group: given.group?.name,
    loadBalancerName: given.loadBalancerName,
    ipAddressType: given.ipAddressType,
    ipamIpv4Pool: given.ipamConfiguration?.ipv4IPAMPoolId,
    inboundCidrs: given.inboundCIDRs?.length ? given.inboundCIDRs : undefined,
    attributes: recordOf(given.loadBalancerAttributes),
    capacityUnits: given.minimumLoadBalancerCapacity?.capacityUnits,
    webAcl: given.wafv2AclArn,
    webAclName: given.wafv2AclName,
    listeners: given.listeners?.length ? given.listeners.map(({ protocol, port }) => ({ protocol, port })) : undefined,
    listenerAttributes,
    sslRedirectPort: redirect,
    certificates: given.certificateArn?.length ? given.certificateArn : undefined,
    tlsPolicy: given.sslPolicy,
  })
  const finalShared = [...Object.keys(shared).filter(name => name !== 'tags'), ...(given.targetType == null ? [] : ['targets'])]
  const finalOwn = Object.keys(own).filter(name => name !== 'attributes')
  if (finalShared.length + finalOwn.length > 0)
    notes.push(
      changed(
        about,
        `an Ingress whose annotation says something else about ${[...finalShared, ...finalOwn].join(', ')} was overruled; here it is refused with a condition. Take the annotation off.`,
      ),
    )
  const ingress = {
    ...base.aws.ingress,
    ...own,
    ...(namespaces === 'all' ? {} : { namespaces: [...namespaces] }),
    ...(finalOwn.length > 0 ? { final: finalOwn } : {}),
  }
  const targets = given.targetType == null ? base.spec.targets : given.targetType === 'ip' ? 'Pod' : 'Node'
  const final = finalShared.length > 0 ? { final: finalShared } : {}
  const aws = { ...base.aws, ...shared, ...final, ...(Object.keys(ingress).length > 0 ? { ingress } : {}) }
  // What is put together here was read as text of others; the API server checks it against the schema like any manifest.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { spec: { ...base.spec, targets, aws } as Spec, notes }
}

function namespacesOf(
  selector: NonNullable<IngressClassParams['spec']>['namespaceSelector'],
): readonly string[] | 'all' | 'other' {
  const labels = Object.entries(selector?.matchLabels ?? {})
  const expressions = selector?.matchExpressions ?? []
  if (labels.length + expressions.length === 0) return 'all'
  const [label, expression] = [labels[0], expressions[0]]
  if (labels.length + expressions.length > 1) return 'other'
  const byName = 'kubernetes.io/metadata.name'
  if (label) return label[0] === byName ? [label[1]] : 'other'
  return expression?.key === byName && expression.operator === 'In' ? (expression.values ?? []) : 'other'
}

function attributesOfListeners(
  listeners: NonNullable<IngressClassParams['spec']>['listeners'],
  about: string,
  notes: Note[],
): Readonly<Record<string, string>> | undefined {
  const all = (listeners ?? []).map(({ listenerAttributes }) => recordOf(listenerAttributes) ?? {})
  const [first] = all
  if (!first || all.every(each => Object.keys(each).length === 0)) return undefined
  if (all.every(each => JSON.stringify(each) === JSON.stringify(first))) return first
  notes.push(
    leftOut(
      about,
      'listenerAttributes that differ from listener to listener: annotate the Ingresses with alb.ingress.kubernetes.io/listener-attributes.PROTOCOL-PORT.',
    ),
  )
  return undefined
}

function recordOf(pairs: readonly { readonly key: string; readonly value: string }[] | null | undefined) {
  return pairs?.length ? Object.fromEntries(pairs.map(({ key, value }) => [key, value])) : undefined
}

function plain(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null))
}

/** A class as it is written. */
export function classManifest(name: string, spec: Spec) {
  return { apiVersion, kind: 'LoadBalancerClass', metadata: { name }, spec }
}
