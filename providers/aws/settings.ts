// What one Service asks of a Network Load Balancer: class defaults, annotations and spec fields as plain typed settings. Pure.
import type { Problem } from '../../src/model/load-balancer.ts'
import { loadBalancerAttributes } from './settings/attributes.ts'
import type { AwsSettings, LoadBalancerSettings } from './settings/aws-settings.ts'
import { checkSettings } from './settings/check.ts'
import { resolveListeners } from './settings/listeners.ts'
import { securityGroupSettings } from './settings/security-groups.ts'
import type { Values } from './settings/values.ts'
import { resolveValues } from './settings/values.ts'
import type { Existing, Wish } from './settings/wish.ts'

export interface ReadSettings {
  readonly settings: AwsSettings
  /** Those that block come first. With one that blocks, `settings` must not be applied. */
  readonly problems: readonly Problem[]
}

/** Reads everything a Service can ask of this provider. Never throws; what cannot be read is a problem and left at its default. */
export function readSettings(wish: Wish, existing?: Existing): ReadSettings {
  const { values, problems: mistakes } = resolveValues(wish)
  const loadBalancer = loadBalancerSettings(values, existing)
  const securityGroups = securityGroupSettings(wish, values)
  const { listeners, targetGroups, portErrors, problems: portProblems } = resolveListeners(wish, values)
  const settings: AwsSettings = {
    targetType: values.targets,
    loadBalancer,
    securityGroups,
    listeners,
    targetGroups,
    portErrors,
    tags: values.tags,
    ...(values.group === undefined ? {} : { group: values.group }),
    ...(values.adopt === undefined ? {} : { adopt: values.adopt }),
    deletionPolicy: values.deletionPolicy,
    allowInterruption: values.allowInterruption,
  }
  const problems = [...mistakes, ...portProblems, ...checkSettings({ wish, values, settings, existing })]
  return { settings, problems: problems.toSorted((one, other) => rank(one) - rank(other)) }
}

/** What keeps two load balancers of these settings from standing side by side, in words; empty when nothing does. */
export function exclusiveSettings({ name, subnets }: LoadBalancerSettings): readonly string[] {
  return [
    ...(name === undefined ? [] : [`the name ${name}`]),
    ...(subnets.eipAllocations ?? []).map(id => `the Elastic IP ${id}`),
    ...[...(subnets.privateIpv4Addresses ?? []), ...(subnets.ipv6Addresses ?? [])].map(address => `the address ${address}`),
  ]
}

function rank({ severity }: Problem): number {
  return severity === 'blocks' ? 0 : 1
}

function loadBalancerSettings(values: Values, existing: Existing | undefined): LoadBalancerSettings {
  const kept = existing === undefined || existing === 'none' ? undefined : existing.scheme
  const scheme = values.scheme ?? kept ?? 'internal'
  const ipAddressType = values.ipAddressType ?? 'ipv4'
  const { name, subnets: named, eipAllocations, privateIpv4Addresses, ipv6Addresses, sourceNatIpv6Prefixes } = values
  const { capacityUnits, privateLinkInboundRules } = values
  return {
    ...(name === undefined ? {} : { name }),
    scheme,
    schemeAsked: values.scheme !== undefined,
    ipAddressType,
    subnets: {
      ...(named === undefined ? {} : { named }),
      ...(eipAllocations === undefined ? {} : { eipAllocations }),
      ...(privateIpv4Addresses === undefined ? {} : { privateIpv4Addresses }),
      ...(ipv6Addresses === undefined ? {} : { ipv6Addresses }),
      ...(sourceNatIpv6Prefixes === undefined ? {} : { sourceNatIpv6Prefixes }),
    },
    ipv6SourceNat: values.ipv6SourceNat ?? false,
    attributes: loadBalancerAttributes(values.attributes, { scheme, ipAddressType }),
    ...(capacityUnits === undefined ? {} : { capacityUnits }),
    ...(privateLinkInboundRules === undefined ? {} : { privateLinkInboundRules }),
  }
}
