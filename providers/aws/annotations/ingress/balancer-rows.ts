// Rows of annotations about the load balancer itself: whose it is, where it stands, who reaches it.
import { nonEmpty, oneOf } from '../../../../src/api/annotations.ts'
import { parseCidr } from '../../../../src/model/address.ts'
import { capacity, distinct, flag, integer, items, loadBalancerName, map } from '../readers.ts'
import { webAcl } from './readers.ts'
import type { IngressRow } from './row.ts'

export const balancerRows = {
  'group.name': {
    parse: groupName,
    sets: 'group',
    scope: 'group',
    setting: 'group',
    doc: 'Ingresses of one class with the same value share a load balancer, of whatever namespaces. `weir.dev/load-balancer-group` is the same.',
    default: 'a load balancer of its own',
    example: 'edge',
  },
  'group.order': {
    parse: integer(-1000, 1000),
    sets: 'order',
    scope: 'group',
    doc: 'Rules of a lower order are asked before all of a higher one, whatever they ask for. Within one order the most precise is asked first.',
    default: '0',
    example: '10',
  },
  'load-balancer-name': {
    parse: loadBalancerName,
    sets: 'name',
    scope: 'balancer',
    setting: 'loadBalancerName',
    doc: 'Name of the load balancer: at most 32 letters, digits and dashes. Another name means another load balancer.',
    default: '`weir-<namespace>-<name>-<hash>`',
    example: 'shop-front',
  },
  scheme: {
    parse: oneOf('internal', 'internet-facing'),
    sets: 'scheme',
    scope: 'balancer',
    setting: 'scheme',
    doc: 'Where it is reached from.',
    default: 'that of the load balancer there is, else `internal`',
    example: 'internet-facing',
  },
  'ip-address-type': {
    parse: oneOf('ipv4', 'dualstack', 'dualstack-without-public-ipv4'),
    sets: 'ipAddressType',
    scope: 'balancer',
    setting: 'ipAddressType',
    doc: 'Address families of the load balancer.',
    default: 'ipv4',
    example: 'dualstack',
  },
  subnets: {
    parse: distinct(nonEmpty),
    sets: 'subnets',
    scope: 'balancer',
    setting: 'subnets',
    doc: 'Ids or Name tags of subnets, one per availability zone, of at least two zones.',
    default: 'discovered',
    example: 'subnet-0a1b2c3d,public-b',
  },
  'customer-owned-ipv4-pool': {
    parse: nonEmpty,
    sets: 'customerOwnedIpv4Pool',
    scope: 'balancer',
    setting: 'customerOwnedIpv4Pool',
    doc: 'Pool of addresses of an Outpost. Another one means another load balancer.',
    default: 'none',
    example: 'ipv4pool-coip-0a1b2c3d',
  },
  'ipam-ipv4-pool-id': {
    parse: nonEmpty,
    sets: 'ipamIpv4Pool',
    scope: 'balancer',
    setting: 'ipamIpv4Pool',
    doc: 'IPAM pool that public addresses are taken from.',
    default: 'addresses of AWS',
    example: 'ipam-pool-0a1b2c3d',
  },
  'security-groups': {
    parse: distinct(nonEmpty),
    sets: 'securityGroups',
    scope: 'balancer',
    setting: 'securityGroups',
    doc: 'Ids or Name tags of the frontend security groups, instead of a managed one.',
    default: 'one is made and managed',
    example: 'sg-0a1b2c3d,front',
  },
  'manage-backend-security-group-rules': {
    parse: flag,
    sets: 'manageBackendSecurityGroupRules',
    scope: 'balancer',
    setting: 'manageBackendSecurityGroupRules',
    doc: 'Open the security groups of targets for the load balancer.',
    default: '`true` with a managed security group, `false` with your own',
    example: 'true',
  },
  'security-group-prefix-lists': {
    parse: distinct(nonEmpty),
    sets: 'prefixLists',
    scope: 'balancer',
    setting: 'prefixLists',
    doc: 'Managed prefix lists that may connect, by the managed security group.',
    default: 'none',
    example: 'pl-0a1b2c3d',
  },
  'inbound-cidrs': {
    parse: items(cidr),
    sets: 'inboundCidrs',
    scope: 'listener',
    setting: 'inboundCidrs',
    doc: 'CIDRs that may connect to the listeners of the Ingress, by the managed security group.',
    default: 'everyone, or only the prefix lists if there are any',
    example: '192.0.2.0/24,2001:db8::/32',
  },
  'load-balancer-attributes': {
    parse: map(),
    sets: 'attributes',
    scope: 'merged',
    setting: 'attributes',
    doc: 'Attributes of the load balancer, by their names in AWS.',
    default: 'those of AWS, also for a key that is taken away (but deletion protection set by hand stays)',
    example: 'idle_timeout.timeout_seconds=120',
  },
  tags: {
    parse: map({ bareKeys: true }),
    sets: 'tags',
    scope: 'merged',
    setting: 'tags',
    doc: 'Further tags of everything that is made; on a Service, of its target groups. Tags of the class go before them.',
    default: 'none',
    example: 'team=shop,stage=live',
  },
  'minimum-load-balancer-capacity': {
    parse: capacity,
    sets: 'capacityUnits',
    scope: 'balancer',
    setting: 'capacityUnits',
    doc: 'Load balancer capacity units to reserve.',
    default: 'none',
    example: 'CapacityUnits=1000',
  },
  'wafv2-acl-arn': {
    parse: webAcl,
    sets: 'webAcl',
    scope: 'balancer',
    setting: 'webAcl',
    doc: 'ARN of the web ACL (WAFv2) to associate; `none` takes away whichever there is.',
    default: 'whatever is associated stays',
    example: 'arn:aws:wafv2:us-west-2:123456789012:regional/webacl/shop/0a1b2c3d',
  },
  'wafv2-acl-name': {
    parse: nonEmpty,
    sets: 'webAclName',
    scope: 'balancer',
    setting: 'webAclName',
    doc: 'The same by its name; goes before the ARN.',
    default: 'whatever is associated stays',
    example: 'shop',
  },
} as const satisfies Readonly<Record<string, IngressRow>>

/** Rules of AWS Load Balancer Controller, so that the same groups mean the same. */
function groupName(text: string): { readonly value: string } | { readonly error: string } {
  const value = text.trim()
  return /^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/.test(value)
    ? { value }
    : { error: `${JSON.stringify(text)} is no name of at most 63 small letters, digits, dashes and dots` }
}

function cidr(text: string): { readonly value: string } | { readonly error: string } {
  return parseCidr(text) ? { value: text } : { error: `${JSON.stringify(text)} is no CIDR` }
}
