// Which gateway an Ingress is behind: that of its class, of its namespace or of a group, as the class says.
import { createHash } from 'node:crypto'
import { ownGroupAnnotation } from '../../../src/api/group.ts'
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import { reasons } from '../../../src/api/reasons.ts'
import type { IngressGroupId } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'

const prefix = 'weir-gateway-'

/** Longest name of a Service (RFC 1123 label). */
const longest = 63

/** Characters of the hash that keeps names apart which would read the same. */
const hashLength = 8

/** A group of Ingresses by the name of its gateway; names of groups are short and plain, so that Services can be called by them. */
export function groupOf(ingress: Ingress, lbClass: LoadBalancerClass): IngressGroupId | Problem {
  const { name } = lbClass.metadata
  const per = perOf(lbClass)
  if (per === 'Namespace') return gatewayId(name, gatewayName(name, 'namespace', ingress.metadata.namespace ?? ''))
  const group = per === 'Group' ? ingress.metadata.annotations?.[ownGroupAnnotation]?.trim() : undefined
  if (group === undefined) return gatewayId(name, gatewayName(name))
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(group)) return gatewayId(name, gatewayName(name, 'group', group))
  return {
    reason: 'InvalidAnnotation',
    message: `${ownGroupAnnotation} is ${JSON.stringify(group.slice(0, 100))}, which is no name of a group.`,
    remedy: 'Write up to 63 small letters, digits and hyphens.',
    severity: 'blocks',
  }
}

/** Says that an Ingress asks for a group where its class has no groups. */
export function groupWarnings(ingress: Ingress, lbClass: LoadBalancerClass): readonly Problem[] {
  const per = perOf(lbClass)
  if (per === 'Group' || ingress.metadata.annotations?.[ownGroupAnnotation] === undefined) return []
  const shared = per === 'Class' ? 'one gateway for all' : 'a gateway for each namespace'
  return [
    {
      reason: 'InvalidAnnotation',
      message: `${ownGroupAnnotation} has no effect: LoadBalancerClass ${lbClass.metadata.name} has ${shared}.`,
      remedy: `Take it away, or set spec.local.gateway.per to Group. ${reasons.InvalidAnnotation.remedy}`,
      severity: 'warns',
    },
  ]
}

export function perOf({ spec }: LoadBalancerClass): 'Class' | 'Namespace' | 'Group' {
  return spec.local?.gateway?.per ?? 'Class'
}

/** A gateway is known by the name of its Service alone. */
export function gatewayId(lbClass: string, name: string): IngressGroupId {
  return { kind: 'IngressGroup', class: lbClass, namespace: '', name, uid: name }
}

/** `weir-gateway-lan`; with a part, or where a name of a Service cannot hold it all, with a hash that no other gateway has. */
export function gatewayName(lbClass: string, kind?: 'namespace' | 'group', part = ''): string {
  const words = kind === undefined ? lbClass : `${lbClass}-${part}`
  const plain = prefix + words.replaceAll('.', '-')
  if (kind === undefined && !lbClass.includes('.') && plain.length <= longest) return plain
  const hash = createHash('sha256').update([lbClass, kind, part].join('/')).digest('hex').slice(0, hashLength)
  return `${plain.slice(0, longest - hashLength - 1).replace(/-+$/, '')}-${hash}`
}
