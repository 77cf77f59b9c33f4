// What one Ingress asks for, read alone: class defaults and annotations as typed values, and what its routes mean here. Pure.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { IngressReading } from '../../../src/ingress-provider.ts'
import { ingressAlone, namedIngressGroup } from '../../../src/model/ingress-group-ids.ts'
import type { IngressGroupId, SecretUse } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { ingressPrefix } from '../annotations/ingress.ts'
import { readIngressAnnotations } from '../annotations/ingress/read.ts'
import type { IngressSuffixed, IngressValues } from '../annotations/ingress/read.ts'
import { tagProblem } from '../model/ownership.ts'
import { blocks, invalidSettings } from '../model/problems.ts'
import { balancerAttributeProblems, groupAttributeProblems } from './attribute-values.ts'
import { authProblems } from './authenticate.ts'
import { finalOf, withoutFinal } from './final.ts'
import { healthTimeProblems, ofService } from './target-group.ts'
import { readWays } from './ways.ts'
import type { AskedValues, IngressSettings } from './asked.ts'

/** Reads an Ingress of a class. Never throws; with a problem that blocks, the settings must not be applied. */
export function readIngressSettings(ingress: Ingress, lbClass: LoadBalancerClass): IngressReading<IngressSettings> {
  const annotations = ingress.metadata.annotations ?? {}
  const { allowed, refused: final } = withoutFinal(annotations, finalOf(lbClass))
  const { values: annotated, suffixed, mistakes } = readIngressAnnotations(allowed)
  const values = valuesOf(annotated, lbClass)
  const settings = { values, suffixed }
  const { namespace = '' } = ingress.metadata
  const problems = [
    ...final.map(key =>
      blocks('SettingIsFinal', `${key} may not be set: class ${lbClass.metadata.name} does not let Ingresses change it.`),
    ),
    ...mistakes.map(({ reason, message, remedy, severity }) => ({ reason, message, remedy, severity })),
    ...checkTags(values.tags, lbClass),
    ...authProblems(values),
    ...balancerAttributeProblems(values.attributes),
    ...groupAttributeProblems(values.targetGroupAttributes),
    ...healthTimeProblems(values),
  ]
  return {
    settings,
    ways: readWays(settings),
    problems,
    secrets: clientSecrets(values, namespace, ''),
    services: [...new Set([...suffixed.actions.values()].flatMap(servicesOf))],
  }
}

/** Secrets that a Service names who may come in by, beside those of the Ingress that leads to it. */
export function serviceSecrets(service: Service, { values }: IngressSettings): readonly SecretUse[] {
  const { namespace = '', name } = service.metadata
  return clientSecrets(ofService(values, service).values, namespace, `Service ${namespace}/${name}: `)
}

function clientSecrets({ authType, oidc }: AskedValues, namespace: string, where: string): readonly SecretUse[] {
  if (authType !== 'oidc' || !oidc) return []
  return [{ kind: 'oidc', namespace, name: oidc.secretName, at: `${where}metadata.annotations[${ingressPrefix}auth-idp-oidc]` }]
}

/** The group that an Ingress is to be in, or why it may not be in it. */
export function ingressGroupOf(ingress: Ingress, lbClass: LoadBalancerClass): IngressGroupId | Problem {
  const { namespace = '', name } = ingress.metadata
  const { ingress: ofClass = {} } = lbClass.spec.aws ?? {}
  const className = lbClass.metadata.name
  if (ofClass.namespaces && !ofClass.namespaces.includes(namespace))
    return blocks('NamespaceNotAllowed', `Class ${className} is not for Ingresses of the namespace ${namespace}.`)
  const { allowed } = withoutFinal(ingress.metadata.annotations ?? {}, finalOf(lbClass))
  const group = readIngressAnnotations(allowed).values.group ?? ofClass.group
  if (group === undefined) return ingressAlone(className, { namespace, name })
  if (ofClass.groupNamespaces && !ofClass.groupNamespaces.includes(namespace))
    return blocks('NamespaceNotAllowed', `Groups of class ${className} are not for Ingresses of the namespace ${namespace}.`)
  return namedIngressGroup(className, group)
}

function servicesOf(
  action: IngressSuffixed['actions'] extends ReadonlyMap<string, infer Action> ? Action : never,
): readonly string[] {
  return action.kind === 'forward' ? action.targets.flatMap(each => ('service' in each ? [each.service] : [])) : []
}

function valuesOf(annotated: IngressValues, lbClass: LoadBalancerClass): AskedValues {
  const { spec } = lbClass
  const { ingress: own = {}, ...shared } = spec.aws ?? {}
  const {
    group: _group,
    loadBalancerName,
    listeners,
    sslRedirectPort,
    namespaces: _1,
    groupNamespaces: _2,
    final: _3,
    ...defaults
  } = own
  const { scheme, subnets, securityGroups, prefixLists, manageBackendSecurityGroupRules, targetNodeLabels, sourceRanges } = shared
  const ofClass = withoutAbsent({
    ...defaults,
    name: loadBalancerName,
    listenPorts: listeners,
    sslRedirect: sslRedirectPort,
    inboundCidrs: defaults.inboundCidrs ?? sourceRanges,
    scheme,
    subnets,
    securityGroups,
    prefixLists,
    manageBackendSecurityGroupRules,
    targetNodeLabels,
  })
  const {
    group: _4,
    targetType,
    attributes,
    targetGroupAttributes,
    tags,
    order = 0,
    regexPaths = false,
    deletionPolicy = 'delete',
    allowInterruption = false,
    dryRun: _5,
    wafClassic: _6,
    wafClassicToo: _7,
    shield: _8,
    mutualAuthentication: _9,
    requestCertificate: _10,
    privateAuthority: _11,
    multiCluster: _12,
    frontendNlb: _13,
    ...others
  } = annotated
  return {
    ...ofClass,
    ...others,
    targets: targetType === undefined ? spec.targets : targetType === 'ip' ? 'Pod' : 'Node',
    attributes: { ...own.attributes, ...attributes },
    targetGroupAttributes: { ...own.targetGroupAttributes, ...targetGroupAttributes },
    listenerAttributes: own.listenerAttributes ?? {},
    tags: { ...tags, ...shared.tags },
    ofClass: {
      final: finalOf(lbClass),
      tags: new Set(Object.keys(shared.tags ?? {})),
      externalManagedTags: shared.externalManagedTags ?? [],
    },
    order,
    regexPaths,
    deletionPolicy,
    allowInterruption,
  }
}

type Present<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> }

function withoutAbsent<Values extends object>(values: Values): Present<Values> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined)
  // The same names with the same types, but for those without a value.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(present) as Present<Values>
}

function checkTags(tags: Readonly<Record<string, string>>, { spec }: LoadBalancerClass): readonly Problem[] {
  return Object.entries(tags).flatMap(([key, value]) => {
    const problem = tagProblem(key, value, spec.aws?.externalManagedTags ?? [])
    return problem === undefined ? [] : [invalidSettings(`The tag ${key} ${problem}.`, 'Remove or rename the tag.')]
  })
}
