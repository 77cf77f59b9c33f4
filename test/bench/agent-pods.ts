// agent-pods: memory of an agent that follows N Services with pod targets, ten pods each, and what it does when nothing changes.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { missingForLan } from '../../providers/local/agent/announcer/lan-under-test.ts'
import { bundle, root } from '../../deploy/bundle/bundle.ts'
import { announcementName, makeAddress } from '../../src/model/address.ts'
import { agentsOnLan } from '../contract/agents-on-lan.ts'
import type { AgentsOnLan } from '../contract/agents-on-lan.ts'
import { weirPath } from '../contract/cluster.ts'
import { lines } from '../lab/progress.ts'
import { waitFor } from '../lab/waiting.ts'
import { memoryOf, rounded, table, verdict } from './figures.ts'
import type { BenchOptions } from './options.ts'

const nodes = ['n0', 'n1']
const podsPerService = 10
/** Half of the container's limit; the rest is for what lasts a moment, and nft. */
const limitMb = 256
const restMs = 30_000
/** Of a core, while nothing changes. */
const idlePercentLimit = 2

/** Two nodes with all pods, of which neither announces. `rounds` says nothing here. */
export async function agentPods({ services = 10_000, signal }: BenchOptions) {
  const missing = missingForLan()
  if (missing) throw new Error(`the agent cannot be measured here: ${missing}`)
  const progress = lines(process.stderr)
  await progress.step('bundle', () => bundle())
  const program = join(root, 'dist', 'agent.mjs')
  await using world = await progress.step('agents on a LAN', () => agentsOnLan({ name: 'agp', nodes, program }))
  for (const node of nodes) {
    const forwarding = ['sysctl', '-qw', 'net.ipv4.ip_forward=1']
    spawnSync('ip', ['netns', 'exec', world.station(node).namespace, ...forwarding])
  }
  const pids = nodes.map(node => world.agent(node).pid)
  await sleep(restMs, undefined, { signal })
  const empty = pids.map(memoryOf)
  await progress.step(`${services} Services`, async () => {
    // A few at a time: the agents follow all of it meanwhile, and a request has 20 s.
    for (let from = 0; from < services; from += 12)
      await Promise.all(Array.from({ length: Math.min(12, services - from) }, (_, index) => addService(world, from + index)))
  })
  const complete = `"services":${services},`
  await progress.step('data path', () =>
    waitFor(async () => nodes.every(node => world.agent(node).log.some(line => line.includes(complete))), {
      what: `the data path of ${services} Services`,
      timeoutMs: 300_000,
      everyMs: 500,
      signal,
      explain: () => world.agent('n0').log.slice(-3).join('\n'),
    }),
  )
  const busy = pids.map(memoryOf)
  await progress.step('rest', () => sleep(restMs, undefined, { signal }))
  const rest = pids.map(memoryOf)
  const before = pids.map(processorMs)
  await progress.step('idle', () => sleep(restMs, undefined, { signal }))
  const idle = pids.map((pid, index) => (100 * (processorMs(pid) - (before[index] ?? 0))) / restMs)

  const mb = (memory: { readonly rssMb: number } | undefined) => (memory?.rssMb ?? Number.NaN).toFixed(0)
  const header = ['agent', 'without, RSS MB', 'at once after', 'at rest', 'limit', 'peak', 'idle, % of a core']
  const rows = nodes.map((node, index) => [
    node,
    ...[empty, busy, rest].map(each => mb(each[index])),
    `${limitMb}`,
    (rest[index]?.peakMb ?? Number.NaN).toFixed(0),
    (idle[index] ?? Number.NaN).toFixed(2),
  ])
  console.log(`agent-pods: ${services} Services of ${podsPerService} pods\n${table(header, rows)}`)
  const rssMb = rounded(Math.max(...rest.map(each => each.rssMb)))
  const idlePercent = Math.round(100 * Math.max(...idle)) / 100
  const isWithin = rssMb <= limitMb && idlePercent <= idlePercentLimit
  console.log(
    `${verdict(isWithin)}: at rest the agent has ${rssMb} MB in memory, at most ${limitMb}, and takes ${idlePercent} % of a core, at most ${idlePercentLimit}.`,
  )
  return { services, rssMb, limitMb, idlePercent, idlePercentLimit, isWithin, peakMb: rounded(rest[0]?.peakMb ?? Number.NaN) }
}

async function addService({ cluster }: AgentsOnLan, index: number): Promise<void> {
  const name = `service-${index}`
  const { metadata } = await cluster.create('/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: 'weir.dev/pods',
      allocateLoadBalancerNodePorts: false,
      selector: { app: name },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  })
  const pod = (number: number) => makeAddress('IPv4', BigInt(0x0af4_0000 + index * podsPerService + number)).text
  await cluster.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: Array.from({ length: podsPerService }, (_, number) => ({
      addresses: [pod(number)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: nodes[(index + number * (1 + (index % 3))) % nodes.length],
      targetRef: { kind: 'Pod', namespace: 'default', name: `${name}-6f5d8c7b9d-${number}`, uid: crypto.randomUUID() },
    })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  })
  const address = makeAddress('IPv4', BigInt(0x0ac9_8000 + index))
  await cluster.create(weirPath('announcements'), {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'Announcement',
    metadata: { name: announcementName(address) },
    spec: {
      address: address.text,
      pool: 'office',
      services: [{ uid: metadata.uid, namespace: 'default', name }],
      nodes: ['another'],
      targets: 'Pod',
      hashSeed: 7,
    },
  })
}

/** Of all threads (proc(5), stat: utime and stime, in hundredths of a second). */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return 10 * (Number(fields[11]) + Number(fields[12]))
}
