// What one Ingress asks for, read alone: class defaults and annotations as typed values, and what its routes mean here. Pure.
import type { IngressSettingName } from '../../../src/api/aws-ingress-class.ts'
import { sharedSettings } from '../../../src/api/aws-ingress-class.ts'
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { IngressReading } from '../../../src/ingress-provider.ts'
import { ingressAlone, namedIngressGroup } from '../../../src/model/ingress-group-ids.ts'
import type { IngressGroupId } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { ingressPrefix } from '../annotations/ingress.ts'
import { ingressRow, readIngressAnnotations } from '../annotations/ingress/read.ts'
import type { IngressSuffixed, IngressValues } from '../annotations/ingress/read.ts'
import { tagProblem } from '../model/ownership.ts'
import { blocks, invalidSettings } from '../model/problems.ts'
import { balancerAttributeProblems, groupAttributeProblems } from './attribute-values.ts'
import { readWays } from './ways.ts'
import type { AskedValues, IngressSettings } from './asked.ts'

/** Reads an Ingress of a class. Never throws; with a problem that blocks, the settings must not be applied. */
export function readIngressSettings(ingress: Ingress, lbClass: LoadBalancerClass): IngressReading<IngressSettings> {
  const annotations = ingress.metadata.annotations ?? {}
  const { allowed, problems: refused } = withoutFinal(annotations, lbClass)
  const { values: annotated, suffixed, mistakes } = readIngressAnnotations(allowed)
  const values = valuesOf(annotated, lbClass)
  const settings = { values, suffixed }
  const { namespace = '' } = ingress.metadata
  const secret = values.authType === 'oidc' ? values.oidc?.secretName : undefined
  const problems = [
    ...refused,
    ...mistakes.map(({ reason, message, remedy, severity }) => ({ reason, message, remedy, severity })),
    ...checkTags(values.tags, lbClass),
    ...checkAuth(values),
    ...balancerAttributeProblems(values.attributes),
    ...groupAttributeProblems(values.targetGroupAttributes),
  ]
  return {
    settings,
    ways: readWays(settings),
    problems,
    secrets:
      secret === undefined
        ? []
        : [{ kind: 'oidc', namespace, name: secret, at: `metadata.annotations[${ingressPrefix}auth-idp-oidc]` }],
    services: [...new Set([...suffixed.actions.values()].flatMap(servicesOf))],
  }
}

/** The group that an Ingress is to be in, or why it may not be in it. */
export function ingressGroupOf(ingress: Ingress, lbClass: LoadBalancerClass): IngressGroupId | Problem {
  const { namespace = '', name } = ingress.metadata
  const { ingress: ofClass = {} } = lbClass.spec.aws ?? {}
  const className = lbClass.metadata.name
  if (ofClass.namespaces && !ofClass.namespaces.includes(namespace))
    return blocks('NamespaceNotAllowed', `Class ${className} is not for Ingresses of the namespace ${namespace}.`)
  const { allowed } = withoutFinal(ingress.metadata.annotations ?? {}, lbClass)
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

function valuesOf(annotated: IngressValues, { spec }: LoadBalancerClass): AskedValues {
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

/** The annotations an Ingress of this class may have, and a problem for each that it may not. */
function withoutFinal(
  annotations: Readonly<Record<string, string>>,
  { spec, metadata }: LoadBalancerClass,
): { readonly allowed: Readonly<Record<string, string>>; readonly problems: readonly Problem[] } {
  const final: ReadonlySet<string> = new Set([
    ...(spec.aws?.ingress?.final ?? []),
    ...(spec.aws?.final ?? []).filter(name => sharedSettings.some(shared => shared === name)),
  ])
  const isFinal = (key: string) => {
    const setting: IngressSettingName | undefined = ingressRow(key)?.setting
    return setting !== undefined && final.has(setting)
  }
  const refused = Object.keys(annotations).filter(isFinal)
  return {
    allowed: Object.fromEntries(Object.entries(annotations).filter(([key]) => !isFinal(key))),
    problems: refused.map(key =>
      blocks('SettingIsFinal', `${key} may not be set: class ${metadata.name} does not let Ingresses change it.`),
    ),
  }
}

function checkTags(tags: Readonly<Record<string, string>>, { spec }: LoadBalancerClass): readonly Problem[] {
  return Object.entries(tags).flatMap(([key, value]) => {
    const problem = tagProblem(key, value, spec.aws?.externalManagedTags ?? [])
    return problem === undefined ? [] : [invalidSettings(`The tag ${key} ${problem}.`, 'Remove or rename the tag.')]
  })
}

function checkAuth({ authType, oidc, cognito, jwt }: AskedValues): readonly Problem[] {
  const lacks = (key: string) =>
    invalidSettings(`auth-type is ${authType}, and ${key} is missing.`, `Add ${ingressPrefix}${key}.`)
  return [
    ...(authType === 'oidc' && !oidc ? [lacks('auth-idp-oidc')] : []),
    ...(authType === 'cognito' && !cognito ? [lacks('auth-idp-cognito')] : []),
    ...(jwt && authType !== undefined && authType !== 'none'
      ? [invalidSettings('A rule asks for tokens or signs users in, and not both.', 'Remove auth-type or jwt-validation.')]
      : []),
  ]
}
