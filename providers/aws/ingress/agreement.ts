// Where a load balancer can be only one thing, the members of a group must agree: the first to say something decides. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { blocks } from '../model/problems.ts'
import { portsOf } from './ports.ts'
import type { Served } from './asked.ts'

export interface Agreement {
  /** Where the member contradicts somebody; each names both. */
  conflicts(member: Served): readonly Problem[]
  add(member: Served): void
}

interface Said {
  /** What it is about, as `scheme` or `the tag team`. */
  readonly what: string
  readonly value: string
}

export function createAgreement(): Agreement {
  const known = new Map<string, { readonly value: string; readonly by: string }>()
  return {
    conflicts: member =>
      saidBy(member).flatMap(({ what, value }) => {
        const first = known.get(what)
        if (!first || first.value === value) return []
        const message = `${member.key} asks for ${what} ${value}, and ${first.by} for ${first.value}: a load balancer has only one.`
        return [blocks('GroupConflict', message)]
      }),
    add(member) {
      for (const { what, value } of saidBy(member)) if (!known.has(what)) known.set(what, { value, by: member.key })
    },
  }
}

const alone = [
  ['name', 'the name'],
  ['scheme', 'the scheme'],
  ['ipAddressType', 'the address type'],
  ['subnets', 'the subnets'],
  ['customerOwnedIpv4Pool', 'the customer-owned pool'],
  ['ipamIpv4Pool', 'the IPAM pool'],
  ['securityGroups', 'the security groups'],
  ['manageBackendSecurityGroupRules', 'managed rules at the targets'],
  ['prefixLists', 'the prefix lists'],
  ['capacityUnits', 'the capacity'],
  ['sslRedirect', 'a redirect to port'],
] as const

function saidBy({ ingress, settings: { values, suffixed } }: Served): readonly Said[] {
  const ports = portsOf(ingress, values)
  const webAcl = values.webAclName === undefined ? values.webAcl : `named ${values.webAclName}`
  return [
    ...alone.flatMap(([name, what]) => say(what, values[name])),
    ...say('the web ACL', webAcl),
    ...Object.entries(values.attributes).flatMap(([key, value]) => say(`the attribute ${key}`, value)),
    ...Object.entries(values.tags).flatMap(([key, value]) => say(`the tag ${key}`, value)),
    ...ports.flatMap(({ port, protocol }) => [
      ...say(`the protocol of port ${port}`, protocol),
      ...(protocol === 'HTTPS' ? say(`the TLS policy of port ${port}`, values.tlsPolicy) : []),
      ...say(`who may connect to port ${port}`, values.inboundCidrs?.toSorted()),
      ...Object.entries(suffixed.listenerAttributes.get(`${protocol}-${port}`) ?? {}).flatMap(([key, value]) =>
        say(`the attribute ${key} of port ${port}`, value),
      ),
    ]),
  ]
}

function say(what: string, value: string | number | boolean | readonly string[] | undefined): readonly Said[] {
  return value === undefined ? [] : [{ what, value: Array.isArray(value) ? value.join(', ') : String(value) }]
}
