// What a Service asks of the local provider: families to serve, addresses or a pool it wants, and what is wrong with that. Pure.
import type { AnnotationMistake } from '../../src/api/annotations.ts'
import type { IpAddress } from '../../src/model/address.ts'
import { firstFew } from '../../src/model/first-few.ts'
import type { DesiredLoadBalancer, IpFamily, Problem } from '../../src/model/load-balancer.ts'
import {
  formerMetallbAnnotations,
  metallbAnnotations,
  requestedAddress,
  uselessAnnotations,
  weirAnnotations,
} from './annotations.ts'

export interface Settings {
  /** The families that get an address, in the order of the Service. */
  readonly families: readonly IpFamily[]
  /** At most one per family, only of `families`. */
  readonly requested: readonly IpAddress[]
  readonly requestedPool: string | undefined
  readonly problems: readonly Problem[]
}

/** One way of asking and what was asked by it. */
interface Wish<Value> {
  readonly key: string
  readonly value: Value
}

/** `supported`: the families the provider can announce. */
export function readSettings(desired: DesiredLoadBalancer, supported: ReadonlySet<IpFamily>): Settings {
  const own = weirAnnotations.parse(desired.annotations)
  const metallb = metallbAnnotations.parse(desired.annotations)
  const former = formerMetallbAnnotations.parse(desired.annotations)
  const field = readField(desired.loadBalancerIP)

  const addressWishes = [
    wish('weir.dev/load-balancer-ips', own.values.addresses),
    wish('spec.loadBalancerIP', field.address && [field.address]),
    wish('metallb.io/loadBalancerIPs', metallb.values.addresses),
    wish('metallb.universe.tf/loadBalancerIPs', former.values.addresses),
  ].filter(isPresent)
  const poolWishes = [
    wish('weir.dev/address-pool', own.values.pool),
    wish('metallb.io/address-pool', metallb.values.pool),
    wish('metallb.universe.tf/address-pool', former.values.pool),
  ].filter(isPresent)
  const keyWishes = [
    wish('weir.dev/allow-shared-ip', own.values.sharingKey),
    wish('metallb.io/allow-shared-ip', metallb.values.sharingKey),
    wish('metallb.universe.tf/allow-shared-ip', former.values.sharingKey),
  ].filter(isPresent)
  const drainWishes = [wish('weir.dev/drain-seconds', own.values.drainSeconds)].filter(isPresent)
  const addresses = familyNames.flatMap(family => addressWishes.flatMap(asked => ofFamily(asked, family))[0]?.value ?? [])
  const families = desired.families.filter(family => supported.has(family))

  return {
    families,
    requested: addresses.filter(address => families.includes(address.family)),
    requestedPool: poolWishes[0]?.value,
    problems: [
      ...familyProblems(desired, families),
      ...[...own.mistakes, ...metallb.mistakes, ...former.mistakes].map(problemOf),
      ...field.problems,
      ...finalProblems(desired, { addresses: addressWishes, pools: poolWishes, keys: keyWishes, drains: drainWishes }),
      ...familyNames.flatMap(family =>
        conflict(
          addressWishes.flatMap(asked => ofFamily(asked, family)),
          textOf,
        ),
      ),
      ...conflict(poolWishes, value => value),
      ...conflict(keyWishes, value => value),
      ...uselessAnnotations(desired.annotations).map(each => uselessProblem(each, desired)),
      ...uselessNamespaces(own.values.shareWith, keyWishes),
      ...(desired.targetType === 'Node' ? drainWishes.map(({ key }) => uselessDrain(key, desired)) : []),
      ...addressProblems(addresses, desired, families),
    ],
  }
}

const familyNames: readonly IpFamily[] = ['IPv4', 'IPv6']

/** What a wish says of one family: one may ask for the IPv4 address in one place and for the IPv6 address in another. */
function ofFamily({ key, value }: Wish<readonly IpAddress[]>, family: IpFamily): readonly Wish<readonly IpAddress[]>[] {
  const addresses = value.filter(address => address.family === family)
  return addresses.length === 0 ? [] : [{ key, value: addresses }]
}

function textOf(addresses: readonly IpAddress[]): string {
  return addresses
    .map(({ text }) => text)
    .toSorted()
    .join(',')
}

/** `spec.loadBalancerIP` is not validated by the API server. */
function readField(text: string | undefined): { readonly address?: IpAddress; readonly problems: readonly Problem[] } {
  if (text === undefined || text.trim() === '') return { problems: [] }
  const parsed = requestedAddress(text.trim())
  if ('value' in parsed) return { address: parsed.value, problems: [] }
  return {
    problems: [
      {
        reason: 'RequestedAddressInvalid',
        message: `spec.loadBalancerIP: ${parsed.error}.`,
        remedy: 'Correct it or leave it out.',
        severity: 'blocks',
      },
    ],
  }
}

function familyProblems(desired: DesiredLoadBalancer, families: readonly IpFamily[]): readonly Problem[] {
  if (desired.familyPolicy === 'RequireDualStack' && desired.families.length < 2) return [oneFamilyOnly(desired)]
  const missing = desired.families.filter(family => !families.includes(family))
  const needed = desired.familyPolicy === 'RequireDualStack' || families.length === 0
  if (missing.length === 0 || !needed) return []
  return [
    {
      reason: 'UnsupportedFamily',
      message: `The Service needs ${missing.join(' and ')}, which the local provider does not announce.`,
      remedy: 'Set spec.ipFamilyPolicy to PreferDualStack or SingleStack with IPv4 first, or use a class of another provider.',
      severity: 'blocks',
    },
  ]
}

/** The API server lets no such Service be made, but one may be left from before the cluster had one family only. */
function oneFamilyOnly({ families }: DesiredLoadBalancer): Problem {
  return {
    reason: 'UnsupportedFamily',
    message: `The Service requires two families, but the cluster gave it ${families.join(' and ')} only.`,
    remedy: 'Set spec.ipFamilyPolicy to PreferDualStack or SingleStack, or give the cluster Service ranges of both families.',
    severity: 'blocks',
  }
}

function addressProblems(
  addresses: readonly IpAddress[],
  desired: DesiredLoadBalancer,
  families: readonly IpFamily[],
): readonly Problem[] {
  const problems: Problem[] = []
  for (const address of addresses) {
    if (!desired.families.includes(address.family)) problems.push(wrongFamily(address, desired.families))
    else if (!families.includes(address.family)) problems.push(notAnnounced(address))
    const twins = addresses.filter(other => other.family === address.family)
    if (twins.length > 1 && twins[0] === address) problems.push(severalOfFamily(twins))
  }
  return problems
}

function wrongFamily(address: IpAddress, families: readonly IpFamily[]): Problem {
  return {
    reason: 'RequestedAddressWrongFamily',
    message: `${address.text} is ${address.family}, but the Service has ${families.join(' and ')}.`,
    remedy: `Ask for an ${families.join(' or ')} address, or add ${address.family} to spec.ipFamilies.`,
    severity: 'blocks',
  }
}

/** Only met with PreferDualStack, which is content with one family. */
function notAnnounced(address: IpAddress): Problem {
  return {
    reason: 'UnsupportedFamily',
    message: `${address.text} is not given: the local provider does not announce ${address.family}.`,
    remedy: 'Leave the address out of the request.',
    severity: 'warns',
  }
}

function severalOfFamily(addresses: readonly IpAddress[]): Problem {
  const texts = addresses.map(address => address.text)
  return {
    reason: 'RequestedAddressInvalid',
    message: `${firstFew(texts, ' and ')} are several addresses of one family.`,
    remedy: 'Ask for at most one address per family.',
    severity: 'blocks',
  }
}

function finalProblems(
  desired: DesiredLoadBalancer,
  wishes: {
    readonly addresses: readonly Wish<unknown>[]
    readonly pools: readonly Wish<unknown>[]
    readonly keys: readonly Wish<unknown>[]
    readonly drains: readonly Wish<unknown>[]
  },
): readonly Problem[] {
  const final = desired.class.spec.local?.final ?? []
  const refused = [
    ...(final.includes('load-balancer-ips') ? wishes.addresses : []),
    ...(final.includes('address-pool') ? wishes.pools : []),
    ...(final.includes('allow-shared-ip') ? wishes.keys : []),
    ...(final.includes('drain-seconds') ? wishes.drains : []),
  ]
  return refused.map(({ key }) => ({
    reason: 'SettingIsFinal',
    message: `${key} may not be set: class ${desired.class.metadata.name} does not let Services change it.`,
    remedy: 'Remove it or use another class.',
    severity: 'blocks',
  }))
}

function uselessProblem(
  { key, meant }: { readonly key: string; readonly meant?: string },
  { class: { metadata } }: DesiredLoadBalancer,
): Problem {
  if (meant !== undefined)
    return {
      reason: 'UnknownAnnotation',
      message: `Annotation ${key} is unknown and has no effect.`,
      remedy: `Did you mean ${meant}?`,
      severity: 'warns',
    }
  return {
    reason: 'SettingWithoutEffect',
    message: `${key} has no effect: class ${metadata.name} is of the local provider, which does not read it.`,
    remedy: 'Remove it, or use a class of the provider that it is for.',
    severity: 'warns',
  }
}

function uselessDrain(key: string, { class: { metadata } }: DesiredLoadBalancer): Problem {
  return {
    reason: 'SettingWithoutEffect',
    message: `${key} has no effect: class ${metadata.name} has targets: Node, and kube-proxy never ends a connection.`,
    remedy: 'Remove it, or use a class with targets: Pod.',
    severity: 'warns',
  }
}

function uselessNamespaces(namespaces: readonly string[] | undefined, keys: readonly unknown[]): readonly Problem[] {
  if (namespaces === undefined || keys.length > 0) return []
  return [
    {
      reason: 'SettingWithoutEffect',
      message: 'weir.dev/share-with-namespaces has no effect without weir.dev/allow-shared-ip.',
      remedy: 'Set weir.dev/allow-shared-ip to the key of the others, or remove it.',
      severity: 'warns',
    },
  ]
}

function conflict<Value>(wishes: readonly Wish<Value>[], text: (value: Value) => string): readonly Problem[] {
  const [first, ...others] = wishes
  const other = first && others.find(({ value }) => text(value) !== text(first.value))
  if (!first || !other) return []
  return [
    {
      reason: 'RequestConflict',
      message: `${first.key} asks for ${firstFew([text(first.value)])} and ${other.key} for ${firstFew([text(other.value)])}.`,
      remedy: `Use one of them: ${first.key.startsWith('weir.dev/') ? first.key : 'the annotations under weir.dev/'} is preferred.`,
      severity: 'blocks',
    },
  ]
}

function wish<Value>(key: string, value: Value | undefined): Wish<Value> | undefined {
  return value === undefined ? undefined : { key, value }
}

function isPresent<Value>(value: Value | undefined): value is Value {
  return value !== undefined
}

function problemOf({ reason, message, remedy, severity }: AnnotationMistake): Problem {
  return { reason, message, remedy, severity }
}
