// Classes with targets: Pod: who may announce, what the Announcement says, what a Service hears when its pods are not reached straight.
import { expect, test } from 'vitest'
import type { Membership } from '../../src/model/load-balancer.ts'
import { missingCapabilities } from '../../src/controllers/capabilities.ts'
import { fallbackProblem } from './pod-targets.ts'
import { localCapabilities } from './provider.ts'
import { simulatedLan } from './simulation/simulated-lan.ts'
import { poolNamed, serviceNamed, threeReady } from './simulation/simulation.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const name = 'ip-10-201-200-1'
const toPods = { targetType: 'Pod' } as const
const local = { ...toPods, externalTrafficPolicy: 'Local' } as const
const podsOn = (...nodesWithEndpoints: readonly string[]): Membership => ({
  nodesWithEndpoints,
  readyEndpoints: nodesWithEndpoints.length,
  totalEndpoints: nodesWithEndpoints.length,
})

test('a Service with pod targets needs no node ports', () => {
  const bare = serviceNamed('web', { ...toPods, listeners: [{ port: 80, protocol: 'TCP', portName: '' }] })
  expect(missingCapabilities(bare, { name: 'local', capabilities: localCapabilities })).toEqual([])
})

test('the Announcement says that traffic goes to pods, and the seed; and neither when the class goes back to nodes', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const specAfter = async (changes: object) => {
    const { ingress, readiness } = await lan.bring(serviceNamed('web', changes))
    expect(ingress).toEqual([{ ip: '10.201.200.1', ipMode: 'VIP' }])
    expect(readiness).toMatchObject({ ready: true, reason: 'Serving' })
    await lan.announce()
    return lan.announcements.read(name)?.spec
  }
  const asNode = await specAfter({})
  expect(asNode).not.toHaveProperty('targets')
  expect(asNode).not.toHaveProperty('hashSeed')
  lan.claim(name, asNode?.nodes[0] ?? '')
  const asPod = await specAfter(toPods)
  expect(asPod).toEqual({ ...asNode, targets: 'Pod', hashSeed: 4_294_967_295 })
  const { writes } = lan.announcements
  expect(await specAfter(toPods)).toEqual(asPod)
  expect(lan.announcements.writes).toBe(writes)
  expect(await specAfter({})).toEqual(asNode)
})

test('of Services that share an address each has its own targets', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const sharing = (app: string, port: number, changes: object = {}) =>
    serviceNamed(app, {
      annotations: { 'weir.dev/allow-shared-ip': 'edge' },
      listeners: [{ port, protocol: 'TCP', portName: '' }],
      ...changes,
    })
  await lan.bring(sharing('web', 80, toPods))
  await lan.bring(sharing('dns', 53))
  await lan.announce()
  expect(lan.announcements.read(name)?.spec).toMatchObject({
    targets: 'Pod',
    services: [{ name: 'web' }, { name: 'dns', targets: 'Node' }],
  })
  await lan.bring(sharing('dns', 53, toPods))
  await lan.announce()
  expect(lan.announcements.read(name)?.spec.services).toEqual([
    { uid: 'uid-of-web', namespace: 'default', name: 'web' },
    { uid: 'uid-of-dns', namespace: 'default', name: 'dns' },
  ])
})

test('after a restart the targets of a Service that is not known again yet stay', async () => {
  const before = await simulatedLan({ pools: [office] })
  await before.bring(serviceNamed('web', toPods))
  await before.announce()
  const lan = await simulatedLan({ pools: [office], after: before })
  lan.provider.refuse?.(serviceNamed('web').id, undefined)
  lan.setAlive('n0', false)
  await lan.announce()
  expect(lan.announcements.read(name)?.spec).toMatchObject({ targets: 'Pod', hashSeed: 4_294_967_295 })
})

test('Local: first nodes with a pod announce, and every node once the announcing one reaches the pods of the others', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const web = serviceNamed('web', local)
  const candidates = async () => {
    await lan.announce()
    return lan.announcements.read(name)?.spec.nodes ?? []
  }
  await lan.bring(web, podsOn('n2'))
  expect(await candidates()).toEqual(['n2'])
  lan.claim(name, 'n2')
  lan.carry(name, { mode: 'direct' })
  const all = await candidates()
  expect(all[0]).toBe('n2')
  expect(all.toSorted()).toEqual(['n0', 'n1', 'n2'])
  // Another node has it, from which not all pods can be reached.
  lan.claim(name, 'n0')
  await lan.bring(web, podsOn('n1', 'n2'))
  expect((await candidates()).toSorted()).toEqual(['n0', 'n1', 'n2'])
  lan.carry(name, { mode: 'local', reason: 'OtherSegment', node: 'n2' })
  expect((await candidates()).toSorted()).toEqual(['n1', 'n2'])
  lan.claim(name, 'n1')
  // Without any pod somebody still has to refuse connections.
  await lan.bring(web, podsOn())
  expect((await candidates()).toSorted()).toEqual(['n0', 'n1', 'n2'])
})

test('Cluster: every node may announce, whatever the path', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web', toPods), podsOn('n2'))
  await lan.announce()
  lan.claim(name, 'n0')
  lan.carry(name, { mode: 'masquerade', reason: 'OtherSegment', node: 'n2' })
  await lan.announce()
  expect(lan.announcements.read(name)?.spec.nodes).toHaveLength(3)
})

test('a Service whose pods are not reached straight hears why, how many nodes have pods and what to do, and when that is over', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const web = serviceNamed('web', toPods)
  await lan.bring(web)
  await lan.announce()
  lan.woken()
  lan.carry(name, { mode: 'direct' })
  expect(lan.woken()).toEqual([])
  lan.carry(name, { mode: 'masquerade', reason: 'NoAgent', node: 'n1' })
  expect(lan.woken()).toEqual(['web'])
  const words =
    '10.201.200.1 does not go straight to pods (2 nodes have pods): pods of other nodes see the address of the node that announces, not that of the client, because no agent has reported from node n1.'
  const remedy = 'Let the DaemonSet weir-agent run on every node with pods.'
  const hindered = await lan.bring(web)
  expect(hindered.warnings).toEqual([{ reason: 'DataPathFallback', severity: 'warns', message: words, remedy }])
  expect(hindered.readiness).toMatchObject({ ready: true, reason: 'Serving' })
  expect(hindered.readiness.message).toContain(` ${words} ${remedy}`)
  lan.carry(name, { mode: 'direct' })
  expect(lan.woken()).toEqual(['web'])
  const mended = await lan.bring(web)
  expect(mended.warnings).toEqual([])
  expect(mended.readiness.message).not.toContain('straight')
})

test('what hinders both addresses of a Service alike is told once', () => {
  const path = { mode: 'masquerade', reason: 'NoAgent', node: 'n1' } as const
  expect(fallbackProblem(['10.201.200.1', 'fd00:201::200:1'], path, podsOn('n0', 'n1'))?.message).toMatch(
    /^10\.201\.200\.1 and fd00:201::200:1 do not go straight to pods \(2 nodes have pods\)/,
  )
})

test('what the agent found is told in its own words', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web', local))
  await lan.announce()
  lan.carry(name, {
    mode: 'kube-proxy',
    reason: 'ForwardingOff',
    node: 'n0',
    message: 'net.ipv4.ip_forward is 0, so packets do not reach pods or other nodes. Set it to 1.',
  })
  const [warning] = (await lan.bring(serviceNamed('web', local))).warnings
  expect(warning?.message).toBe(
    '10.201.200.1 does not go straight to pods (2 nodes have pods): kube-proxy carries the traffic, because of node n0: net.ipv4.ip_forward is 0, so packets do not reach pods or other nodes. Set it to 1.',
  )
})

test('a Service with node targets hears nothing of paths, and what was said of pods does not count for it', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web', toPods))
  await lan.announce()
  lan.carry(name, { mode: 'masquerade', reason: 'NoAgent', node: 'n1' })
  const outcome = await lan.bring(serviceNamed('web'))
  expect(outcome.warnings).toEqual([])
  expect(outcome.readiness.message).not.toContain('straight')
  const silent = await lan.bring(serviceNamed('web', toPods), { ...threeReady, nodesWithEndpoints: [], readyEndpoints: 0 })
  expect(silent.readiness.reason).toBe('NoReadyEndpoints')
})

test('source ranges, of the field or of the annotation, are told to the candidates; and no more when they go', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const specAfter = async (changes: object) => {
    await lan.bring(serviceNamed('web', changes))
    await lan.announce()
    return lan.announcements.read(name)?.spec
  }
  const open = await specAfter({})
  expect(open).not.toHaveProperty('fenced')
  expect(await specAfter({ sourceRanges: ['192.0.2.0/24'] })).toEqual({ ...open, fenced: true })
  const { writes } = lan.announcements
  expect(await specAfter({ sourceRanges: ['198.51.100.0/24'] })).toMatchObject({ fenced: true })
  expect(lan.announcements.writes).toBe(writes)
  expect(await specAfter({ ...toPods, sourceRanges: ['192.0.2.0/24'] })).toMatchObject({ fenced: true, targets: 'Pod' })
  expect(await specAfter({})).toEqual(open)
})

test('a Service whose annotation nobody keeps hears so; the ranges of the field are kept by kube-proxy', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const annotations = { 'service.beta.kubernetes.io/load-balancer-source-ranges': '192.0.2.0/24' }
  const sourceRanges = ['192.0.2.0/24']
  const fenced = serviceNamed('web', { sourceRanges, annotations })
  await lan.bring(fenced)
  await lan.announce()
  lan.claim(name, 'n0')
  const carried = { mode: 'kube-proxy', node: 'n0' } as const
  lan.carry(name, { ...carried, reason: 'ForwardingOff', message: 'net.ipv4.ip_forward is 0.' })
  expect((await lan.bring(fenced)).warnings).toEqual([])
  lan.woken()
  lan.carry(name, { ...carried, reason: 'NetfilterBypassed', message: 'Cilium takes packets past netfilter.' })
  expect(lan.woken()).toEqual(['web'])
  const { warnings, readiness } = await lan.bring(fenced)
  expect(warnings).toMatchObject([{ reason: 'SourceRangesUnenforced', severity: 'warns' }])
  expect(warnings[0]?.message).toBe(
    'Everyone may connect to 10.201.200.1, whatever service.beta.kubernetes.io/load-balancer-source-ranges says, because of node n0: Cilium takes packets past netfilter.',
  )
  expect(readiness.message).toContain('Everyone may connect to 10.201.200.1')
  expect((await lan.bring(serviceNamed('web', { sourceRanges }))).warnings).toEqual([])
  const toPod = await lan.bring(serviceNamed('web', { ...toPods, sourceRanges, annotations }))
  expect(toPod.warnings.map(({ reason }) => reason)).toEqual(['SourceRangesUnenforced'])
})

test('how long removed pods keep their connections: by annotation, else by class, for pod targets only', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const seconds = async (changes: Parameters<typeof serviceNamed>[1]) => {
    await lan.bring(serviceNamed('web', changes))
    await lan.announce()
    return lan.announcements.read(name)?.spec.services[0]?.drainSeconds
  }
  const { class: plain } = serviceNamed('web')
  const slow = { ...plain, spec: { ...plain.spec, local: { drainSeconds: 7200 } } }
  const annotations = { 'weir.dev/drain-seconds': '30' }
  expect(await seconds(toPods)).toBeUndefined()
  expect(await seconds({ ...toPods, class: slow })).toBe(7200)
  expect(await seconds({ ...toPods, class: slow, annotations })).toBe(30)
  expect(await seconds({ class: slow, annotations })).toBeUndefined()
  const final = { ...slow, spec: { ...slow.spec, local: { drainSeconds: 7200, final: ['drain-seconds' as const] } } }
  const { readiness } = await lan.bring(serviceNamed('web', { ...toPods, class: final, annotations }))
  expect(readiness.reason).toBe('SettingIsFinal')
})

test('endpoints of which no node is known are an obstacle that is told, too', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const web = serviceNamed('web', toPods)
  const byHand = { nodesWithEndpoints: [], readyEndpoints: 2, totalEndpoints: 2 }
  await lan.bring(web, byHand)
  await lan.announce()
  lan.carry(name, { mode: 'masquerade', reason: 'UnknownNode' })
  const [warning] = (await lan.bring(web, byHand)).warnings
  expect(warning).toMatchObject({
    reason: 'DataPathFallback',
    message:
      '10.201.200.1 does not go straight to pods: pods of other nodes see the address of the node that announces, not that of the client, because an EndpointSlice does not say on which node a pod is.',
    remedy: 'Set nodeName of its endpoints.',
  })
})
