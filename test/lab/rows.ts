// What the API server says about the sample Services, as rows of a table: addresses, who announces them, and whether they serve.
import { z } from 'zod'
import type { Lab } from './lab.ts'
import { waitFor } from './waiting.ts'

const condition = z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string().optional() })
const services = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
      spec: z.object({
        type: z.string().optional(),
        loadBalancerClass: z.string().optional(),
        ipFamilies: z.array(z.string()).optional(),
        ipFamilyPolicy: z.string().optional(),
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
      endpoints: z
        .array(
          z.object({
            conditions: z.object({ ready: z.boolean().optional() }).optional(),
            targetRef: z.object({ name: z.string() }).optional(),
          }),
        )
        .nullish(),
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
      status: z
        .object({
          node: z.string(),
          interface: z.string().optional(),
          mac: z.string().optional(),
          path: z.object({ mode: z.string() }).optional(),
        })
        .optional(),
    }),
  ),
})

/** One address of a Service. */
export type Announced = {
  readonly address: string
  /** "n0 eth0 52:54:…", empty when nobody announces it. */
  readonly announcedBy: string
  /** "n0". */
  readonly node: string
  /** "direct", with targets Pod; empty when its announcer has not said it yet. */
  readonly path: string
}

/** One Service as the table shows it. */
export type Row = {
  readonly service: string
  readonly class: string
  readonly targets: string
  readonly addresses: readonly Announced[]
  /** How many it must have to be settled. */
  readonly families: number
  readonly endpoints: string
  readonly ready: boolean
  readonly reason: string
  readonly message: string
  /** The reason it must have to be pending by intention. */
  readonly expects: string | undefined
  /** externalTrafficPolicy: only pods of the node that announces answer. */
  readonly isLocal: boolean
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
    // A Pod stands in a slice of each family.
    const count = (some: typeof all) => new Set(some.map(endpoint => endpoint.targetRef?.name ?? endpoint)).size
    return `${count(all.filter(endpoint => endpoint.conditions?.ready ?? true))}/${count(all)}`
  }
  const announced = (address: string): Announced => {
    const { status } = announcementList.items.find(({ spec }) => spec.address === address) ?? {}
    const { node = '', interface: name, mac, path } = status ?? {}
    const announcedBy = node === '' ? '' : [node, name, mac].filter(Boolean).join(' ')
    return { address, node, announcedBy, path: path?.mode ?? '' }
  }
  return serviceList.items
    .filter(({ spec }) => spec.type === 'LoadBalancer')
    .map(({ metadata, spec, status }) => {
      const className = (spec.loadBalancerClass ?? '').replace(/^weir\.dev\//, '')
      const ready = status.conditions?.find(({ type }) => type === 'weir.dev/Ready')
      return {
        service: `${metadata.namespace}/${metadata.name}`,
        class: className,
        targets: classList.items.find(item => item.metadata.name === className)?.spec.targets ?? '',
        addresses: (status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [announced(ip)])),
        families: spec.ipFamilyPolicy === 'RequireDualStack' ? 2 : 1,
        endpoints: endpointsOf(metadata.name),
        ready: ready?.status === 'True',
        reason: ready?.reason ?? '',
        message: ready?.message ?? '',
        expects: metadata.labels?.['lab-expects'],
        isLocal: spec.externalTrafficPolicy === 'Local',
        port: spec.ports[0]?.port ?? 0,
        protocol: spec.ports[0]?.protocol === 'UDP' ? ('udp' as const) : ('http' as const),
      }
    })
    .toSorted((a, b) => Number(a.expects !== undefined) - Number(b.expects !== undefined) || a.service.localeCompare(b.service))
}

/** Whether a row has arrived where its sample wants it. */
export function settled(row: Row): boolean {
  if (row.expects !== undefined) return row.reason === row.expects
  const isServed = ({ announcedBy, path }: Announced) => announcedBy !== '' && (row.targets !== 'Pod' || path === 'direct')
  return row.ready && row.addresses.length >= row.families && row.addresses.every(isServed)
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

/** The table of Services as text: a line each, and one more for a second address. */
export function table(all: readonly Row[]): string {
  const cells = all.flatMap(row => {
    const [first, ...more] = row.addresses
    return [
      [
        row.service,
        row.class,
        row.targets || '–',
        first?.address ?? '–',
        first?.announcedBy || '–',
        row.endpoints,
        readyText(row),
      ],
      ...more.map(({ address, announcedBy }) => ['', '', '', address, announcedBy || '–', '', '']),
    ]
  })
  const head = ['SERVICE', 'CLASS', 'TARGETS', 'ADDRESS', 'ANNOUNCED BY', 'ENDPOINTS', 'READY']
  return columns([head, ...cells]).join('\n')
}

function readyText({ ready, reason, targets, addresses }: Row): string {
  if (!ready) return `no: ${reason || 'no condition'}`
  const detour = targets === 'Pod' ? addresses.find(({ path }) => path !== 'direct') : undefined
  return detour ? `yes, path of ${detour.address}: ${detour.path || 'not known yet'}` : 'yes'
}

/** Lines of cells as text, each column as wide as its longest cell. */
export function columns(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  return lines.map(line =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
