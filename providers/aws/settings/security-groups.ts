// Which security groups a load balancer gets, and who may connect by them. Pure.
import type { SecurityGroupSettings } from './aws-settings.ts'
import type { Values } from './values.ts'
import type { Wish } from './wish.ts'

/** Own security groups are not opened at the targets unless that is asked for: whoever brings them is in charge. */
export function securityGroupSettings(wish: Wish, values: Values): SecurityGroupSettings {
  const { securityGroups, withoutSecurityGroups, manageBackendSecurityGroupRules, prefixLists = [] } = values
  const asked = wish.sourceRanges.length > 0 ? wish.sourceRanges : (values.sourceRanges ?? [])
  if (securityGroups !== undefined)
    return { kind: 'given', named: securityGroups, manageBackendRules: manageBackendSecurityGroupRules ?? false }
  const everyone = values.ipAddressType === 'dualstack' ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0']
  const manageBackendRules = manageBackendSecurityGroupRules ?? true
  if (withoutSecurityGroups) {
    const sourcesAsked = asked.length > 0
    return { kind: 'none', sources: sourcesAsked ? asked : everyone, sourcesAsked, manageBackendRules }
  }
  const isOpen = asked.length === 0 && prefixLists.length === 0
  const sources = isOpen ? everyone : asked
  return { kind: 'managed', sources, isOpen, prefixLists, pathMtuIcmp: values.pathMtuIcmp ?? false, manageBackendRules }
}
