// `weir explain service/NAME`: the story of one Service in the order in which it comes about, from claiming to targets.
import type { Announcement } from '../../api/announcement.ts'
import type { AddressBlock } from '../../api/address-block.ts'
import { readyCondition, reasons } from '../../api/reasons.ts'
import { blockName, blockOffset, parseAddress } from '../../model/address.ts'
import { claim } from '../../model/claim.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import { ageText, movesOf } from '../announcements.ts'
import { announcerText, type ServedAddress, type ServedService, servedService, slicesOf } from '../served.ts'
import type { Snapshot } from '../snapshot.ts'
import { fact, type Fact, line, type View } from '../view.ts'
import { endpointLines, endpointStates } from './endpoints.ts'
import { loadBalancersOf, madeData, madeFacts } from './made.ts'
import { whyNotOurs } from './not-ours.ts'

/** Pure. Healthy when the Service is served. `now` in milliseconds since 1970. */
export function explainService(service: Service, snapshot: Snapshot, now: number): View {
  const served = servedService(service, snapshot)
  const claimed = claim(service, snapshot.classes)
  const name = `${served.namespace}/${served.name}`
  if (claimed.kind === 'none') {
    const why = whyNotOurs(service, snapshot)
    return {
      healthy: false,
      blocks: [line(`${name} is not Weir's`, 'bad'), { kind: 'facts', rows: [fact('why', why)] }],
      data: { namespace: served.namespace, name: served.name, ours: false, why },
    }
  }
  const ports = endpointStates(service, slicesOf(service, snapshot.slices), snapshot.pods)
  const addresses = served.addresses.map(each => each.address).join(', ')
  const headline = served.ready
    ? `${name} is served at ${addresses}`
    : `${name} is not ready: ${served.reason || 'the controller has not looked at it yet'}`
  return {
    healthy: served.ready,
    blocks: [
      line(headline, served.ready ? 'good' : 'bad'),
      {
        kind: 'facts',
        rows: [
          ...whyNotReady(served, snapshot),
          ...classFacts(service, served),
          ...served.addresses.flatMap(each => addressFacts(each, snapshot, now)),
          ...madeFacts(loadBalancersOf(served, 'Service', snapshot)),
          ...ports.map(port => fact(port.title, ...endpointLines(port))),
          fact('rules', ruleText(service)),
        ],
      },
    ],
    data: {
      namespace: served.namespace,
      name: served.name,
      ours: true,
      ready: served.ready,
      reason: served.reason,
      message: served.message,
      ...(served.waits ? { waits: true } : {}),
      class: served.class,
      provider: served.provider,
      targets: served.targets,
      addresses: served.addresses.map(each => addressData(each, snapshot)),
      ...madeData(loadBalancersOf(served, 'Service', snapshot)),
      ports,
    },
  }
}

function whyNotReady({ ready, message, reason }: ServedService, snapshot: Snapshot): readonly Fact[] {
  if (ready) return []
  if (reason === '') {
    const rows = ['there is no condition weir.dev/Ready on it: does the controller run?']
    return [fact('why', ...(snapshot.classes.length === 0 ? [...rows, 'there is no LoadBalancerClass'] : rows))]
  }
  const known = Object.entries(reasons).find(([key]) => key === reason)?.[1]
  return [fact('why', message), ...(known && !message.includes(known.remedy) ? [fact('do', known.remedy)] : [])]
}

function classFacts({ spec, metadata, status }: Service, served: ServedService): readonly Fact[] {
  if (served.class === '') return []
  if (served.waits) {
    const value = spec.loadBalancerClass
    const asked = value === undefined ? 'default' : `spec.loadBalancerClass: ${value}, an alias of it`
    return [fact('class', `${served.class} (${asked}), which leaves it alone while another controller may have it`)]
  }
  const asked = spec.loadBalancerClass === undefined ? 'the default class' : `spec.loadBalancerClass: ${spec.loadBalancerClass}`
  const claimedAt = status?.conditions?.find(({ type }) => type === readyCondition)?.lastTransitionTime
  const since = claimedAt === undefined ? '' : `; ${served.ready ? 'ready' : 'not ready'} since ${claimedAt}`
  const going = metadata.deletionTimestamp === undefined ? '' : '; it is being deleted'
  return [fact('class', `${served.class} (${asked}) → provider ${served.provider}, targets ${served.targets}${since}${going}`)]
}

function addressFacts(each: ServedAddress, snapshot: Snapshot, now: number): readonly Fact[] {
  const { address, announcement } = each
  const given = allocationOf(address, snapshot.blocks)
  const others = (given?.owners ?? []).length - 1
  const shared = others > 0 ? `, shared with ${others} other${others === 1 ? '' : 's'}` : ''
  const from = given ? ` from pool ${given.pool}, given ${given.since}${shared}` : ''
  return [
    fact('address', `${address}${from}`),
    ...(announcement ? [fact('announced', ...announcedLines(announcement, now)), ...pathFacts(announcement)] : []),
  ]
}

function announcedLines(announcement: Announcement, now: number): readonly string[] {
  const { spec, status } = announcement
  const moves = movesOf(status?.epoch)
  const others = spec.nodes.filter(node => node !== status?.node)
  const next =
    others.length === 0
      ? 'nobody is next in line'
      : `next in line ${[...new Set([status?.next, ...others])].filter(Boolean).join(', ')}`
  const who = announcerText(announcement)
  const since = status?.since ? ` for ${ageText(now - Date.parse(status.since))}` : ''
  return [
    who === ''
      ? `by nobody${status?.reason ? `: ${status.reason}` : ''}; candidates ${spec.nodes.join(', ') || 'none'}`
      : `by ${who}${since}; ${next}; ${moves} move${moves === 1 ? '' : 's'}`,
    ...(status?.conflict
      ? [`the station ${status.conflict.mac}, none of ours, has the address since ${status.conflict.since}`]
      : []),
    ...(status?.defended ? [`the station ${status.defended.mac} used it as well at ${status.defended.since}`] : []),
  ]
}

const paths = {
  direct: 'straight to pods; each node answers the client itself; the client address is kept',
  masquerade: 'to pods; those of other nodes see the address of the announcing node',
  local: 'to pods of the announcing node only; the client address is kept',
  'kube-proxy': 'through kube-proxy',
} as const

function pathFacts({ spec, status }: Announcement): readonly Fact[] {
  if ((spec.targets ?? 'Node') === 'Node') return [fact('data path', 'through kube-proxy on the announcing node')]
  const { path } = status ?? {}
  if (!path) return [fact('data path', 'not told yet by the announcing node')]
  const why = path.reason ? `not direct: ${path.reason}${path.node ? ` at ${path.node}` : ''}` : ''
  return [fact('data path', ...[paths[path.mode], why, path.message ?? ''].filter(Boolean))]
}

function ruleText({ spec }: Service): string {
  const ranges = spec.loadBalancerSourceRanges ?? []
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  const affinity = spec.sessionAffinity === 'ClientIP' ? `by client address${seconds ? ` for ${seconds} s` : ''}` : 'none'
  return `clients from ${ranges.length === 0 ? 'anywhere' : ranges.join(', ')}; affinity ${affinity}; externalTrafficPolicy ${spec.externalTrafficPolicy ?? 'Cluster'}`
}

function allocationOf(address: string, blocks: readonly AddressBlock[]) {
  const parsed = parseAddress(address)
  const block = parsed && blocks.find(({ metadata }) => metadata.name === blockName(parsed))
  return parsed && block?.spec.allocations[String(blockOffset(parsed))]
}

function addressData({ address, announcement }: ServedAddress, { blocks }: Snapshot) {
  const given = allocationOf(address, blocks)
  const { spec, status } = announcement ?? {}
  return {
    address,
    ...(given ? { pool: given.pool, given: given.since } : {}),
    ...(spec ? { candidates: spec.nodes } : {}),
    ...(status?.node ? { node: status.node, interface: status.interface, mac: status.mac, since: status.since } : {}),
    ...(status?.next ? { next: status.next } : {}),
    ...(status?.path ? { path: status.path } : {}),
  }
}
