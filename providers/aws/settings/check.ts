// Settings that contradict each other, or that this provider cannot follow: each a sentence and a way out. Pure.
import { reasons } from '../../../src/api/reasons.ts'
import { parseCidr } from '../../../src/model/address.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { servicePrefix } from '../annotations.ts'
import { blocks, invalidSettings, listed, warns } from '../model/problems.ts'
import { attributeProblems } from './attribute-values.ts'
import type { AwsSettings } from './aws-settings.ts'
import type { Values } from './values.ts'
import type { Existing, Wish } from './wish.ts'

interface Subject {
  readonly wish: Wish
  readonly values: Values
  readonly settings: AwsSettings
  readonly existing: Existing | undefined
}

/** What is asked once the single values are read. Whatever needs a look at AWS is asked in discovery/. */
export function checkSettings(subject: Subject): readonly Problem[] {
  return [families, sources, fixedAddresses, sourceNat, securityGroups, attributes, udpChecks, withoutEffect].flatMap(check =>
    check(subject),
  )
}

/** IPv6 needs a dualstack load balancer; who only prefers it gets IPv4. */
function families({ wish, settings }: Subject): readonly Problem[] {
  const { ipAddressType } = settings.loadBalancer
  const needs = wish.families.includes('IPv6') && (!wish.families.includes('IPv4') || wish.familyPolicy === 'RequireDualStack')
  if (!needs || ipAddressType === 'dualstack') return []
  const remedy = `Set ${servicePrefix}aws-load-balancer-ip-address-type: dualstack.`
  return [blocks('UnsupportedFamily', 'The Service needs IPv6, and the load balancer is ipv4.', remedy)]
}

function sources({ settings: { securityGroups: groups, loadBalancer }, values }: Subject): readonly Problem[] {
  const ranges = groups.kind === 'given' ? [] : groups.sources
  const ipv6 = loadBalancer.ipAddressType === 'ipv4' ? ranges.filter(range => range.includes(':')) : []
  const bad = (values.sourceRanges ?? []).filter(range => parseCidr(range) === undefined)
  return [
    ...(ipv6.length === 0
      ? []
      : [
          invalidSettings(
            `${listed(ipv6)} cannot connect to an ipv4 load balancer.`,
            'Remove it or make the load balancer dualstack.',
          ),
        ]),
    ...(bad.length === 0 ? [] : [blocks('InvalidSourceRanges', `${listed(bad)} in sourceRanges of the class is no CIDR.`)]),
  ]
}

/** Which lists of addresses go with which load balancers. A scheme that nobody named and nobody looked up is not judged. */
function fixedAddresses({ settings: { loadBalancer }, existing }: Subject): readonly Problem[] {
  const { scheme, schemeAsked, ipAddressType, subnets } = loadBalancer
  const schemeKnown = schemeAsked || existing !== undefined
  const lists = [
    {
      what: 'Elastic IPs',
      addresses: subnets.eipAllocations,
      fits: !schemeKnown || scheme === 'internet-facing',
      needs: 'an internet-facing',
    },
    {
      what: 'private IPv4 addresses',
      addresses: subnets.privateIpv4Addresses,
      fits: !schemeKnown || scheme === 'internal',
      needs: 'an internal',
    },
    { what: 'IPv6 addresses', addresses: subnets.ipv6Addresses, fits: ipAddressType === 'dualstack', needs: 'a dualstack' },
  ]
  return lists.flatMap(({ what, addresses, fits, needs }) => {
    if (addresses === undefined) return []
    const is = needs.includes('dualstack') ? ipAddressType : scheme
    const problems = fits ? [] : [blocks('FixedAddressesInvalid', `${what} need ${needs} load balancer, and this one is ${is}.`)]
    return [...problems, ...countProblems(what, addresses.length, subnets.named?.length)]
  })
}

/** One entry per subnet; `subnets` is undefined while they are not known. Also asked after discovery. */
export function countProblems(what: string, addresses: number, subnets: number | undefined): readonly Problem[] {
  if (subnets === undefined || subnets === addresses) return []
  const remedy = 'Give exactly one per subnet, in the same order.'
  const counted = addresses === 1 ? `is 1 ${what.replace(/(?<=[sx])es$|s$/, '')}` : `are ${addresses} ${what}`
  return [blocks('FixedAddressesInvalid', `There ${counted} for ${subnets} ${subnets === 1 ? 'subnet' : 'subnets'}.`, remedy)]
}

function sourceNat({ settings: { loadBalancer } }: Subject): readonly Problem[] {
  const { ipv6SourceNat, ipAddressType, subnets } = loadBalancer
  const prefixes = subnets.sourceNatIpv6Prefixes
  const problems: Problem[] = []
  if (ipv6SourceNat && ipAddressType !== 'dualstack')
    problems.push(invalidSettings('Source NAT with IPv6 prefixes needs a dualstack load balancer.'))
  if (prefixes === undefined) return problems
  if (!ipv6SourceNat) problems.push(invalidSettings('Source NAT prefixes are given, but source NAT is off.'))
  return [...problems, ...countProblems('source NAT prefixes', prefixes.length, subnets.named?.length)]
}

function securityGroups({ values, wish, settings }: Subject): readonly Problem[] {
  const problems: Problem[] = []
  if (values.securityGroups !== undefined && values.withoutSecurityGroups) {
    problems.push(invalidSettings('Security groups are named, and a load balancer without any is asked for.'))
  }
  if (settings.securityGroups.kind === 'managed') return problems
  const without = [
    ...(values.prefixLists !== undefined && isAnnotated(wish, 'security-group-prefix-lists') ? ['prefix lists'] : []),
    ...(values.pathMtuIcmp && isAnnotated(wish, 'enable-icmp-for-path-mtu-discovery') ? ['the rule for path MTU discovery'] : []),
    ...(settings.securityGroups.kind === 'given' && wish.sourceRanges.length > 0 ? ['source ranges'] : []),
  ]
  for (const what of without) {
    const remedy = 'Put it into your own security groups, or leave those out.'
    problems.push(warns('SettingWithoutEffect', `${what} have no effect without a managed security group.`, remedy))
  }
  return problems
}

function attributes({ settings: { loadBalancer, targetGroups, listeners } }: Subject): readonly Problem[] {
  const found = [loadBalancer.attributes, ...targetGroups.map(each => each.attributes), ...listeners.map(each => each.attributes)]
  const texts = new Set(found.flatMap(({ asked }) => attributeProblems(asked)))
  return [...texts].map(text => invalidSettings(text, 'Correct the value or remove the attribute.'))
}

/** Health checks are TCP or HTTP, whatever the traffic is; a port of that number that listens for TCP answers them. */
function udpChecks({ wish, settings }: Subject): readonly Problem[] {
  const lonely = settings.targetGroups.filter(
    ({ protocol, healthCheck, servicePort }) =>
      protocol === 'UDP' && healthCheck.port === 'traffic-port' && !answersTcp(wish, settings, servicePort.port),
  )
  if (lonely.length === 0) return []
  const ports = listed(lonely.map(({ key }) => key))
  const message = `The targets of UDP ${ports} are checked by TCP at the same port, where perhaps nothing answers.`
  return [warns('HealthCheckUnanswered', message)]
}

function answersTcp({ listeners }: Wish, { targetType }: AwsSettings, udpPort: number): boolean {
  const targetOf = ({ port, targetPort = port, nodePort }: Wish['listeners'][number]) =>
    targetType === 'Node' ? nodePort : targetPort
  const udp = listeners.find(({ port, protocol }) => port === udpPort && protocol === 'UDP')
  return listeners.some(each => each.protocol === 'TCP' && udp !== undefined && targetOf(each) === targetOf(udp))
}

function withoutEffect({ wish, values, settings }: Subject): readonly Problem[] {
  const problems: Problem[] = []
  const add = (message: string, remedy: string) => problems.push(warns('SettingWithoutEffect', message, remedy))
  const isTls = settings.listeners.some(({ protocol }) => protocol === 'TLS')
  if (wish.loadBalancerIP !== undefined) {
    add('spec.loadBalancerIP has no meaning on AWS.', 'Use aws-load-balancer-eip-allocations or -private-ipv4-addresses.')
  }
  if (isAnnotated(wish, 'target-node-labels') && values.targets === 'Pod') {
    add('target-node-labels choose among nodes, and the targets are pods.', 'Remove the annotation.')
  }
  if (
    wish.annotations['weir.dev/nodes-with-endpoints-only'] === 'true' &&
    (values.targets === 'Pod' || wish.externalTrafficPolicy !== 'Local')
  ) {
    add('nodes-with-endpoints-only needs externalTrafficPolicy: Local and nodes as targets.', 'Remove the annotation.')
  }
  for (const key of ['alpn-policy', 'ssl-negotiation-policy', 'backend-protocol']) {
    const asksNothing = key === 'backend-protocol' && values.backendProtocol !== 'ssl'
    if (!isTls && !asksNothing && isAnnotated(wish, key)) {
      add(`aws-load-balancer-${key} has no effect: no listener is TLS.`, reasons.SettingWithoutEffect.remedy)
    }
  }
  return problems
}

function isAnnotated({ annotations }: Wish, key: string): boolean {
  return annotations[`${servicePrefix}aws-load-balancer-${key}`] !== undefined
}
