// The walk: what each sample Service got and from whom, and what a client on the LAN gets when it calls.
import { join } from 'node:path'
import { z } from 'zod'
import type { Lab } from './lab.ts'
import { LabError } from './errors.ts'
import { waitFor } from './waiting.ts'

const condition = z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string().optional() })
const services = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
      spec: z.object({
        type: z.string().optional(),
        loadBalancerClass: z.string().optional(),
        externalTrafficPolicy: z.string().optional(),
        ports: z.array(z.object({ port: z.number(), protocol: z.string() })),
      }),
      status: z.object({
        conditions: z.array(condition).optional(),
        loadBalancer: z.object({ ingress: z.array(z.object({ ip: z.string().optional() })).optional() }).optional(),
      }),
    }),
  ),
})
const slices = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()).optional() }),
      endpoints: z.array(z.object({ conditions: z.object({ ready: z.boolean().optional() }).optional() })).nullish(),
    }),
  ),
})
const classes = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), spec: z.object({ targets: z.string().optional() }) })),
})
const announcements = z.object({
  items: z.array(
    z.object({
      spec: z.object({ address: z.string() }),
      status: z.object({ node: z.string(), interface: z.string().optional(), mac: z.string().optional() }).optional(),
    }),
  ),
})

/** One Service as the table shows it. */
export type Row = {
  readonly service: string
  readonly class: string
  readonly targets: string
  readonly address: string
  readonly announcedBy: string
  readonly endpoints: string
  readonly ready: boolean
  readonly reason: string
  readonly message: string
  /** The reason it must have to be pending by intention. */
  readonly expects: string | undefined
  readonly port: number
  readonly protocol: 'http' | 'udp'
}

/** What the API server says about every Service of type LoadBalancer in the namespace default. */
export async function rows(lab: Lab): Promise<readonly Row[]> {
  const group = '/apis/weir.dev/v1alpha1'
  const [serviceList, sliceList, classList, announcementList] = await Promise.all([
    lab.api.call('GET', '/api/v1/namespaces/default/services').then(value => services.parse(value)),
    lab.api.call('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices').then(value => slices.parse(value)),
    lab.api.call('GET', `${group}/loadbalancerclasses`).then(value => classes.parse(value)),
    lab.api.call('GET', `${group}/announcements`).then(value => announcements.parse(value)),
  ])
  const endpointsOf = (service: string) => {
    const all = sliceList.items
      .filter(slice => slice.metadata.labels?.['kubernetes.io/service-name'] === service)
      .flatMap(slice => slice.endpoints ?? [])
    return `${all.filter(endpoint => endpoint.conditions?.ready ?? true).length}/${all.length}`
  }
  return serviceList.items
    .filter(({ spec }) => spec.type === 'LoadBalancer')
    .map(({ metadata, spec, status }) => {
      const className = (spec.loadBalancerClass ?? '').replace(/^weir\.dev\//, '')
      const address = status.loadBalancer?.ingress?.[0]?.ip ?? ''
      const announcer = announcementList.items.find(item => item.spec.address === address)?.status
      const ready = status.conditions?.find(({ type }) => type === 'weir.dev/Ready')
      return {
        service: `${metadata.namespace}/${metadata.name}`,
        class: className,
        targets: classList.items.find(item => item.metadata.name === className)?.spec.targets ?? '',
        address,
        announcedBy: announcer?.node ? [announcer.node, announcer.interface, announcer.mac].filter(Boolean).join(' ') : '',
        endpoints: endpointsOf(metadata.name),
        ready: ready?.status === 'True',
        reason: ready?.reason ?? '',
        message: ready?.message ?? '',
        expects: metadata.labels?.['lab-expects'],
        port: spec.ports[0]?.port ?? 0,
        protocol: spec.ports[0]?.protocol === 'UDP' ? ('udp' as const) : ('http' as const),
      }
    })
    .toSorted((a, b) => Number(a.expects !== undefined) - Number(b.expects !== undefined) || a.service.localeCompare(b.service))
}

/** Whether a row has arrived where its sample wants it. */
export function settled(row: Row): boolean {
  return row.expects === undefined ? row.ready && row.announcedBy !== '' : row.reason === row.expects
}

/** Waits until every sample is where it should be; throws LabError with the ones that are not. */
export async function untilSettled(lab: Lab, signal?: AbortSignal, timeoutMs = 60_000): Promise<readonly Row[]> {
  let last: readonly Row[] = []
  await waitFor(
    async () => {
      last = await rows(lab)
      return last.length > 0 && last.every(settled)
    },
    { what: 'the sample Services', timeoutMs, everyMs: 200, signal, explain: () => `\n${table(last)}` },
  )
  return last
}

/** The table of Services as text, a line each. */
export function table(all: readonly Row[]): string {
  const cells = all.map(row => [
    row.service,
    row.class,
    row.targets || '–',
    row.address || '–',
    row.announcedBy || '–',
    row.endpoints,
    row.ready ? 'yes' : `no: ${row.reason || 'no condition'}`,
  ])
  const head = ['SERVICE', 'CLASS', 'TARGETS', 'ADDRESS', 'ANNOUNCED BY', 'ENDPOINTS', 'READY']
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map(line => line[column]?.length ?? 0)))
  return [head, ...cells]
    .map(line =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const answers = z.array(z.union([z.object({ pod: z.string(), client: z.string() }), z.object({ error: z.string() })]))

export type Call = { readonly row: Row; readonly answered: boolean; readonly line: string }

/** Resolves the address by ARP and calls it from the client; `line` tells what came back. */
export async function callFromClient(lab: Lab, row: Row): Promise<Call> {
  const arp = await lab.client.tryExec(['arping', '-c', '1', '-w', '2', '-I', 'eth0', row.address])
  const resolved = /\[([0-9A-F:]+)\]\s+([\d.]+)ms/.exec(arp.stdout)
  const time = resolved ? `ARP ${Number(resolved[2]).toFixed(1)} ms` : 'no ARP answer'
  const calls = async (count: number) => {
    const words = [
      process.execPath,
      join(import.meta.dirname, 'client-call.ts'),
      row.protocol,
      row.address,
      String(row.port),
      String(count),
    ]
    return answers.parse(JSON.parse(await lab.client.exec(words)))
  }
  await untilServed(row, async () => (await calls(1)).some(answer => 'pod' in answer))
  const got = await calls(10)
  const pods = [...new Set(got.flatMap(answer => ('pod' in answer ? [answer.pod] : [])))].toSorted()
  const seen = [...new Set(got.flatMap(answer => ('pod' in answer ? [answer.client] : [])))]
  const errors = [...new Set(got.flatMap(answer => ('error' in answer ? [answer.error] : [])))]
  const source = seen.map(address => (address === lab.client.address ? address : `${address} (SNAT by kube-proxy)`)).join(', ')
  const who = pods.length > 0 ? `${pods.join(', ')}, saw ${source}` : ''
  const trouble =
    errors.length > 0 ? `${got.filter(answer => 'error' in answer).length} of ${got.length} failed: ${errors.join(', ')}` : ''
  const what = row.protocol === 'udp' ? 'UDP  ' : 'GET /'
  return {
    row,
    answered: resolved !== null && errors.length === 0,
    line: `${row.address}  ${time}   ${what} → ${[who, trouble].filter(Boolean).join('; ')}`,
  }
}

/** kube-proxy gathers changes for up to a second before it programs them; who never answers is told by the calls that follow. */
async function untilServed(row: Row, probe: () => Promise<boolean>): Promise<void> {
  await waitFor(probe, { what: `an answer from ${row.address}`, timeoutMs: 10_000, everyMs: 100 }).catch(() => undefined)
}

/** Shows table and calls; answers the closing words. Throws LabError when a Service that should answer does not. */
export async function walk(lab: Lab, print: (text: string) => void, signal?: AbortSignal): Promise<string> {
  const all = await untilSettled(lab, signal)
  print(`\n${table(all)}\n\nFrom the client (${lab.client.address}):`)
  const calls: Call[] = []
  for (const row of all.filter(({ expects }) => expects === undefined)) {
    const call = await callFromClient(lab, row)
    print(`  ${call.line}`)
    calls.push(call)
  }
  const silent = calls.filter(({ answered }) => !answered).map(({ row }) => row.service)
  if (silent.length > 0) throw new LabError('not-ready', `no good answer from ${silent.join(', ')}`)
  return `${all.length} Services: ${calls.length} answered, ${all.length - calls.length} pending as the sample intends.`
}
