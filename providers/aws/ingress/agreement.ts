// Where a load balancer can be only one thing, the members of a group must agree: the first to say something decides, and of what
// would replace or expose the load balancer, also the first to say nothing. Pure.
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

/** What the load balancer is already. */
export interface Standing {
  /** Members that it was made for and that are there still, by what they asked for then, the oldest first. */
  readonly members: readonly Served[]
  readonly scheme?: string | undefined
}

/**
 * Who joins later must not make an internal load balancer public, or have it made anew, only because those who were there said
 * nothing: of such settings their silence stands for the default, or for what the load balancer is.
 */
export function createAgreement(standing: Standing): Agreement {
  const known = new Map<string, { readonly value: string; readonly by: string }>()
  const stood = new Map<string, { readonly value: string; readonly by: string }>()
  for (const each of standing.members) note(stood, each)
  const usual = new Map([...defaults, ...(standing.scheme === undefined ? [] : [['the scheme', standing.scheme] as const])])
  let oldest: string | undefined

  const silent = (member: Served, { what, value }: Said): readonly Problem[] => {
    const isNew = standing.members.every(({ id }) => id.uid !== member.id.uid)
    const by = (isNew ? standing.members[0]?.key : undefined) ?? oldest
    const now = stood.get(what)?.value ?? usual.get(what)
    if (!guarded.has(what) || by === undefined || now === value) return []
    const first = stood.get(what)?.by ?? by
    const message = `${member.key} asks for ${what} ${value}, and the load balancer of ${first} has ${now ?? 'what Weir chooses'}: who joins later does not change that.`
    return [blocks('GroupConflict', message, `Say so on ${first} or in the class, or use another group.`)]
  }

  return {
    conflicts: member =>
      saidBy(member).flatMap(said => {
        const { what, value } = said
        const first = known.get(what)
        if (!first) return silent(member, said)
        if (first.value === value) return []
        const message = `${member.key} asks for ${what} ${value}, and ${first.by} for ${first.value}: a load balancer has only one.`
        return [blocks('GroupConflict', message)]
      }),
    add(member) {
      oldest ??= member.key
      note(known, member)
    },
  }
}

function note(known: Map<string, { readonly value: string; readonly by: string }>, member: Served): void {
  for (const { what, value } of saidBy(member)) if (!known.has(what)) known.set(what, { value, by: member.key })
}

/** What a change of replaces the load balancer, or lets others reach it. */
const guarded: ReadonlySet<string> = new Set(['the name', 'the scheme', 'the address type', 'the subnets', 'the security groups'])

const defaults: readonly (readonly [string, string])[] = [
  ['the scheme', 'internal'],
  ['the address type', 'ipv4'],
]

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
