// What a benchmark puts into an API server: nodes with agents that seem alive, a class, a pool, and Services that wait.
import { agentLeaseLabel, apiVersion, systemNamespace } from '../../src/api/group.ts'
import { systemClock } from '../../src/kubernetes/clock.ts'
import { loadCredentials } from '../../src/kubernetes/load-credentials.ts'
import { keepLease } from '../../src/kubernetes/lease-keeper.ts'
import { silentLogger } from '../../src/kubernetes/logger.ts'
import { createTransport } from '../../src/kubernetes/transport.ts'
import type { Transport } from '../../src/kubernetes/transport.ts'

/** As many requests under way as the controller has. */
const concurrency = 64
const nodes = ['n0', 'n1', 'n2'] as const
const className = 'bench'

/** The transport of the programs themselves, so that what is compared differs in nothing but the work. */
export async function openTransport(kubeconfig: string): Promise<Transport> {
  const clock = systemClock()
  const credentials = await loadCredentials({ clock, kubeconfig })
  return createTransport({ credentials, clock, random: Math.random, logger: silentLogger, userAgent: 'weir-bench' })
}

/** Runs `work` for 0 … count-1, `concurrency` at a time; stops at the first failure. */
export async function forEach(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker))
}

export interface Population extends AsyncDisposable {
  /** Ends the renewing of Leases; disposing does the same. */
  stop(): Promise<void>
}

/** Three nodes that could announce, a class, and a pool with room for 65,000. Their Leases are renewed until disposed. */
export async function populate(transport: Transport): Promise<Population> {
  const create = (path: string, body: object) => transport.request({ method: 'POST', path, body })
  await create('/api/v1/namespaces', { metadata: { name: systemNamespace } })
  const ours = `/apis/${apiVersion}`
  for (const [index, name] of nodes.entries()) {
    const address = `10.64.255.${index + 1}`
    await create('/api/v1/nodes', { metadata: { name } })
    await transport.request({
      method: 'PATCH',
      path: `/api/v1/nodes/${name}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { addresses: [{ type: 'InternalIP', address }] } },
    })
    const mac = `02:00:00:00:00:0${index + 1}`
    const lan = { name: 'eth0', index: 2, mac, carrier: true, mtu: 1500, addresses: [`${address}/16`] }
    const report = { apiVersion, kind: 'NodeReport', metadata: { name }, spec: { interfaces: [lan], version: 'bench' } }
    await create(`${ours}/nodereports`, report)
  }
  await create(`${ours}/loadbalancerclasses`, {
    apiVersion,
    kind: 'LoadBalancerClass',
    metadata: { name: className },
    spec: { provider: 'local' },
  })
  await create(`${ours}/addresspools`, {
    apiVersion,
    kind: 'AddressPool',
    metadata: { name: className },
    spec: { addresses: ['10.64.0.0/16'] },
  })
  const leases = nodes.map(name =>
    keepLease({
      transport,
      clock: systemClock(),
      random: Math.random,
      logger: silentLogger,
      namespace: systemNamespace,
      name,
      identity: name,
      labels: { [agentLeaseLabel]: 'node' },
      // Longer than a real agent's: a machine at its limit must not make nodes die in the middle of a measurement.
      durationMs: 120_000,
      intervalMs: 20_000,
    }),
  )
  const stop = async () => void (await Promise.all(leases.map(lease => lease.stop())))
  return { stop, [Symbol.asyncDispose]: stop }
}

/**
 * `count` Services of a class in a namespace of their own, each with one slice of two ready endpoints. `ours` decides whether
 * they name the class of the bench or one that nobody answers.
 */
export async function addServices(transport: Transport, namespace: string, count: number, ours: boolean): Promise<void> {
  await transport.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } })
  const loadBalancerClass = ours ? `weir.dev/${className}` : 'example.org/nobody'
  await forEach(count, async index => {
    const name = `service-${index}`
    await transport.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/services`,
      body: {
        metadata: { name, labels: { app: name } },
        spec: {
          type: 'LoadBalancer',
          loadBalancerClass,
          // The range of node ports ends before ten thousand Services do.
          allocateLoadBalancerNodePorts: false,
          selector: { app: name },
          ports: [
            { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' },
            { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' },
          ],
        },
      },
    })
    await transport.request({
      method: 'POST',
      path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      body: {
        metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        endpoints: [0, 1].map(pod => ({
          addresses: [`10.244.${index % 250}.${pod + 10}`],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: nodes[(index + pod) % nodes.length],
        })),
        ports: [
          { name: 'http', port: 8080, protocol: 'TCP' },
          { name: 'https', port: 8443, protocol: 'TCP' },
        ],
      },
    })
  })
}

/** Takes the Services of a namespace and their slices away; nobody holds them. In parts, because a request has a minute. */
export async function removeServices(transport: Transport, namespace: string): Promise<void> {
  for (const path of [
    `/api/v1/namespaces/${namespace}/services`,
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
  ]) {
    for (;;) {
      const { items } = await transport.request<{ readonly items: readonly unknown[] }>({ path, query: { limit: 1 } })
      if (items.length === 0) break
      await transport.request({ method: 'DELETE', path, query: { limit: 500 }, timeoutMs: 60_000 })
    }
  }
}

/**
 * The bare patch: the least that gives a Service an address, with nothing to find out before. It leaves no condition and no
 * finalizer behind: those would keep the Service there after its removal, and look like something of ours to the controller.
 */
export async function patchBare(transport: Transport, namespace: string, index: number): Promise<void> {
  await transport.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/services/service-${index}/status`,
    contentType: 'application/merge-patch+json',
    body: { status: { loadBalancer: { ingress: [{ ip: `10.63.${index >> 8}.${index & 255}`, ipMode: 'VIP' }] } } },
  })
}
