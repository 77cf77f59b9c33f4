// What the things made for one owner are called and marked with. Pure.
import type { AwsSettings } from '../settings/aws-settings.ts'
import { backendSecurityGroupName, frontendSecurityGroupName, loadBalancerName, ownerText, targetGroupName } from './names.ts'
import type { Owner } from './names.ts'
import { adoptedTag, ownerUidTag, ownershipTags } from './ownership.ts'
import type { Tags } from './ownership.ts'
import type { Naming } from './stack.ts'

export interface NamingInput {
  /** UID of the namespace kube-system. */
  readonly cluster: string
  readonly owner: Owner
  readonly vpcId: string
  readonly settings: Pick<AwsSettings, 'tags' | 'loadBalancer' | 'securityGroups'>
  /** Name of a load balancer that was taken over, which it keeps. */
  readonly adopted?: string
}

/** EC2 allows few signs in descriptions (API_CreateSecurityGroup). */
const foreignSigns = /[^a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]/g

export function namingOf({ cluster, owner, vpcId, settings, adopted }: NamingInput): Naming {
  const { tags, loadBalancer, securityGroups } = settings
  const withSecurityGroups = securityGroups.kind !== 'none'
  const { scheme, customerOwnedIpv4Pool } = loadBalancer
  const made = loadBalancer.name ?? loadBalancerName(cluster, owner, { scheme, vpcId, withSecurityGroups, customerOwnedIpv4Pool })
  const name = adopted ?? made
  const mark: Tags = adopted === undefined ? {} : { [adoptedTag]: 'true' }
  return {
    balancer: { name, tags: { ...tags, ...mark, ...ownershipTags(cluster, 'load-balancer', owner) } },
    // A target group serves one Network Load Balancer only, so that one that takes another's place has groups of its own.
    // For the same reason members of a group have their own, also where one follows another at a port.
    targetGroup: ({ key, protocol, protocolVersion, targetType, ipAddressType, member, tags: own }) => ({
      name: targetGroupName(cluster, owner, [name, key, ...(member ? [member.id.uid] : [])].join(' '), {
        protocol,
        targetType,
        ipAddressType,
        vpcId,
        protocolVersion,
      }),
      tags: {
        ...(member?.tags ?? tags),
        ...own,
        ...ownershipTags(cluster, `target-group/${key}`, owner),
        ...(member ? { [ownerUidTag]: member.id.uid } : {}),
      },
    }),
    listener: () => ({ tags }),
    frontend: {
      name: frontendSecurityGroupName(cluster, owner, vpcId),
      description: `Weir: clients of the load balancer of ${ownerText(owner)}`.replaceAll(foreignSigns, ' ').slice(0, 255),
      tags: { ...tags, ...ownershipTags(cluster, 'security-group/frontend', owner) },
    },
    backend: {
      name: backendSecurityGroupName(cluster, vpcId),
      description: 'Weir: traffic of load balancers to their targets',
      tags: ownershipTags(cluster, 'security-group/backend'),
    },
  }
}
