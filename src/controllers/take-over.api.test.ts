// MetalLB's Services taken over in a true API server, with the rights of deploy/base and deploy/take-over: when it is gone, and with the addresses it gave.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeAgents } from '../../test/contract/agents.ts'
import type { FakeAgents } from '../../test/contract/agents.ts'
import { addressesOf, readyOf, servicePath, startCluster, weirPath } from '../../test/contract/cluster.ts'
import { commandLine } from '../../test/contract/command-line.ts'
import type { Cluster } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { namespaceOf, workload } from '../../test/contract/others.ts'
import type { OtherWorkload } from '../../test/contract/others.ts'

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController
let speaker: OtherWorkload
let controller: OtherWorkload

const finalizer = 'weir.dev/load-balancer-cleanup'
const given = { byClass: '10.201.200.1', unclassed: '10.201.200.2' }

/** A Service as MetalLB leaves it: only its address and the annotation that says from which pool. */
async function servedByMetallb(name: string, ip: string, lbClass: string | undefined): Promise<void> {
  await cluster.service(name, { class: lbClass, annotations: { 'metallb.io/ip-allocated-from-pool': 'office' } })
  await cluster.patch(`${servicePath(name)}/status`, { status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } })
}

beforeAll(async () => {
  cluster = await startCluster()
  await namespaceOf(cluster, 'metallb-system')
  const inMetallb = { namespace: 'metallb-system', image: 'quay.io/metallb/metallb:v0.15.2' }
  speaker = await workload(cluster, { ...inMetallb, kind: 'DaemonSet', name: 'speaker' })
  controller = await workload(cluster, { ...inMetallb, kind: 'Deployment', name: 'controller' })
  await Promise.all([speaker.runs(2), controller.runs(1)])
  await servedByMetallb('by-class', given.byClass, 'metallb.io/metallb')
  await servedByMetallb('unclassed', given.unclassed, undefined)
  agents = await fakeAgents(cluster, ['n0', 'n1'])
  for (const [at, node] of ['n0', 'n1'].entries()) {
    const own = { name: 'eth0', index: 2, mac: `02:00:00:00:00:0${at}`, carrier: true }
    await cluster.patch(weirPath('nodereports', node), {
      spec: { interfaces: [{ ...own, addresses: [`10.201.0.${11 + at}/16`] }] },
    })
  }
  agents.claim()
  weir = runController({ cluster })
  await weir.working
  await cluster.lbClass('lan', { default: true, aliases: ['metallb.io/metallb'], takeOver: [{ from: 'MetalLB' }] })
  await cluster.pool('office', ['10.201.200.0/24'], { avoidBuggyIPs: true })
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

const each = [
  ['by-class', given.byClass],
  ['unclassed', given.unclassed],
] as const

test('without the rights to look, nothing is taken over, and it is told which ones are missing', async () => {
  for (const [name, address] of each) {
    const service = await cluster.untilReason(name, 'TakeOverUnproven')
    expect(readyOf(service)?.message).toContain('kubectl apply -f deploy/take-over/metallb.yaml')
    expect(addressesOf(service)).toEqual([address])
    expect(service.metadata.finalizers ?? []).toEqual([])
  }
})

test('while MetalLB runs it is told where that was seen, and nobody else gets its addresses', async () => {
  const ask = commandLine(cluster.plane.kubeconfig)
  await cluster.plane.kubectl(['apply', '-f', join(import.meta.dirname, '../../deploy/take-over/metallb.yaml')])
  for (const [name, address] of each) {
    const service = await cluster.untilReason(name, 'OtherControllerRuns')
    expect(readyOf(service)?.message).toContain('DaemonSet metallb-system/speaker has 2 ready pods')
    expect(addressesOf(service)).toEqual([address])
    for (const words of [
      ['plan', `service/${name}`],
      ['explain', `service/${name}`],
      ['status', '-o', 'wide'],
    ]) {
      const { code, stdout } = await ask(words)
      expect(stdout).toMatch(
        /OtherControllerRuns(?:.|\n)*DaemonSet metallb-system\/speaker has 2 ready pods; .*Stop it \(kubectl/,
      )
      expect(code).toBe(1)
    }
  }
  const told = await cluster.until(weirPath('loadbalancerclasses', 'lan'), ({ status }) =>
    String(status?.conditions?.[0]?.message).includes('MetalLB still runs'),
  )
  expect(told.status.conditions[0].message).toContain('metallb.io/metallb is not taken over yet')
  await cluster.service('fresh')
  expect(addressesOf(await cluster.untilReason('fresh', 'Serving'))).toEqual(['10.201.200.3'])
  expect((await cluster.list(weirPath('announcements'))).map(({ metadata }) => metadata.name)).toEqual(['ip-10-201-200-3'])
})

test('once it has no ready pods its Services are served here, at the addresses it gave', async () => {
  const seen = new Set<string>()
  const watched = each.map(([name]) =>
    cluster.until(servicePath(name), service => {
      seen.add(`${name} ${addressesOf(service).join()}`)
      return readyOf(service)?.reason === 'Serving'
    }),
  )
  await Promise.all([speaker.runs(0), controller.runs(0)])
  await Promise.all(watched)
  expect([...seen].toSorted()).toEqual(each.map(([name, address]) => `${name} ${address}`))
  expect((await cluster.get(servicePath('by-class'))).metadata.finalizers).toEqual([finalizer])
  expect((await cluster.get(servicePath('unclassed'))).metadata.finalizers).toEqual([
    'service.kubernetes.io/load-balancer-cleanup',
  ])
})

test('when it comes back, what was taken over stays, and is told; when it is gone again all is well', async () => {
  await cluster.service('late', { class: 'metallb.io/metallb' })
  await cluster.untilReason('late', 'Serving')
  await speaker.runs(2)
  const back = await cluster.untilReason('by-class', 'OtherControllerRuns')
  expect(readyOf(back)?.message).toContain('What the Service has is kept.')
  expect(addressesOf(back)).toEqual([given.byClass])
  await cluster.service('later', { class: 'metallb.io/metallb' })
  const later = await cluster.untilReason('later', 'OtherControllerRuns')
  expect([addressesOf(later), later.metadata.finalizers ?? []]).toEqual([[], []])
  await speaker.runs(0)
  for (const [name, address] of each) expect(addressesOf(await cluster.untilReason(name, 'Serving'))).toEqual([address])
  await cluster.untilReason('later', 'Serving')
})

test('Ingresses of ingress-nginx wait for it to go, and are given a gateway then', async () => {
  await namespaceOf(cluster, 'ingress-nginx')
  const image = 'registry.k8s.io/ingress-nginx/controller:v1.13.0'
  const nginx = await workload(cluster, {
    kind: 'Deployment',
    namespace: 'ingress-nginx',
    name: 'ingress-nginx-controller',
    image,
  })
  await nginx.runs(1)
  await cluster.plane.kubectl(['apply', '-f', join(import.meta.dirname, '../../deploy/take-over/ingress-nginx.yaml')])
  const networking = '/apis/networking.k8s.io/v1'
  await cluster.create(`${networking}/ingressclasses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  })
  await cluster.lbClass('web', { aliases: ['k8s.io/ingress-nginx'] })
  await cluster.create(`${networking}/namespaces/default/ingresses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop' },
    spec: { ingressClassName: 'nginx', defaultBackend: { service: { name: 'fresh', port: { number: 80 } } } },
  })
  const reported = (holds: (report: any) => unknown) =>
    cluster.until('/apis/weir.dev/v1alpha1/namespaces/default/ingressreports/shop', holds)
  const waiting = await reported(({ status }) => status?.conditions?.[0]?.reason === 'OtherControllerRuns')
  expect(waiting.status.conditions[0].message).toContain('Deployment ingress-nginx/ingress-nginx-controller has 1 ready pod.')
  expect(waiting.spec.group).toBeUndefined()
  await nginx.runs(0)
  expect((await reported(({ spec }) => spec.group !== undefined)).spec.class).toBe('web')
})
