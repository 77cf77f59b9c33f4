// The gateway in the walk: what each route of the sample Ingresses became, and what a client gets that asks for it by address.
import { join } from 'node:path'
import { z } from 'zod'
import { LabError } from './errors.ts'
import type { Lab } from './lab.ts'
import { columns } from './rows.ts'
import { waitFor } from './waiting.ts'

const ingresses = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string() }),
      spec: z.object({ tls: z.array(z.unknown()).optional() }),
      status: z.object({
        loadBalancer: z.object({ ingress: z.array(z.object({ ip: z.string().optional() })).optional() }).optional(),
      }),
    }),
  ),
})
const reports = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string() }),
      status: z
        .object({
          conditions: z
            .array(z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string().optional() }))
            .optional(),
          routes: z
            .array(z.object({ host: z.string(), path: z.string(), pathType: z.string(), backend: z.string(), state: z.string() }))
            .optional(),
        })
        .optional(),
    }),
  ),
})

/** One route as the table shows it. */
export type RouteRow = {
  readonly ingress: string
  readonly host: string
  /** "Prefix /api". */
  readonly path: string
  readonly backend: string
  readonly state: string
  readonly address: string
  readonly ready: boolean
  readonly reason: string
}

/** What the API server says about the Ingresses of the namespace default, and their routes. */
export async function routeRows(lab: Pick<Lab, 'api'>): Promise<readonly RouteRow[]> {
  const [found, told] = await Promise.all([
    lab.api.call('GET', '/apis/networking.k8s.io/v1/namespaces/default/ingresses').then(value => ingresses.parse(value)),
    lab.api.call('GET', '/apis/weir.dev/v1alpha1/namespaces/default/ingressreports').then(value => reports.parse(value)),
  ])
  return found.items.flatMap(({ metadata, status }) => {
    const report = told.items.find(each => each.metadata.name === metadata.name)?.status
    const ready = report?.conditions?.find(({ type }) => type === 'Ready')
    const common = {
      ingress: `${metadata.namespace}/${metadata.name}`,
      address: status.loadBalancer?.ingress?.[0]?.ip ?? '',
      ready: ready?.status === 'True',
      reason: ready?.reason ?? '',
    }
    const routes = report?.routes ?? [{ host: '', path: '', pathType: '', backend: '', state: '' }]
    return routes.map(({ host, path, pathType, backend, state }) => ({
      ...common,
      host,
      path: `${pathType} ${path}`.trim(),
      backend,
      state,
    }))
  })
}

export function routeTable(all: readonly RouteRow[]): string {
  const head = ['INGRESS', 'HOST', 'PATH', 'BACKEND', 'STATE', 'ADDRESS', 'READY']
  const cells = all.map(({ ingress, host, path, backend, state, address, ready, reason }) => [
    ingress,
    host || '*',
    path,
    backend || '–',
    state || '–',
    address || '–',
    ready ? 'yes' : `no: ${reason || 'no report'}`,
  ])
  return columns([head, ...cells]).join('\n')
}

const answers = z.array(
  z.union([
    z.object({ pod: z.string(), client: z.string() }),
    z.object({ status: z.number(), location: z.string().optional() }),
    z.object({ error: z.string() }),
  ]),
)
type Answer = z.infer<typeof answers>[number]

interface Question {
  readonly url: string
  readonly header?: string
  readonly count: number
  /** Whether these are what the sample is to answer. */
  readonly isGood: (all: readonly Answer[]) => boolean
}

const podsOf = (all: readonly Answer[]) => all.flatMap(answer => ('pod' in answer ? answer.pod : []))
const only = (workload: string) => (all: readonly Answer[]) =>
  podsOf(all).length === all.length && podsOf(all).every(pod => pod.startsWith(`${workload}-`))
/** Of these samples: the pods of front are those of the workload web, those of back of dns. */
const questions: readonly Question[] = [
  { url: 'http://shop.example.com/', count: 10, isGood: only('web') },
  { url: 'http://shop.example.com/api/v1', count: 10, isGood: only('dns') },
  { url: 'http://a.api.example.com/', count: 10, isGood: only('dns') },
  { url: 'http://secure.example.com/', count: 1, isGood: ([answer]) => answer !== undefined && 'location' in answer },
  { url: 'https://secure.example.com/', count: 10, isGood: only('web') },
  {
    url: 'http://www.example.com/',
    count: 100,
    isGood(all) {
      const canary = podsOf(all).filter(pod => pod.startsWith('dns-')).length
      // Three of ten, and what chance makes of a hundred.
      return podsOf(all).length === all.length && canary >= 10 && canary <= 55
    },
  },
  { url: 'http://www.example.com/', header: 'x-canary=always', count: 10, isGood: only('dns') },
]

/** Kube-proxy and the gateway's nodes take a moment. */
const patienceMs = 20_000

/** Shows routes and answers, and says how many questions there were. Throws LabError when one is not answered as the sample intends. */
export async function walkRoutes(lab: Lab, print: (text: string) => void, signal?: AbortSignal): Promise<number> {
  let all: readonly RouteRow[] = []
  await waitFor(
    async () => {
      all = await routeRows(lab)
      return all.length > 0 && all.every(({ ready, address }) => ready && address !== '')
    },
    { what: 'the sample Ingresses', timeoutMs: 60_000, everyMs: 200, signal, explain: () => `\n${routeTable(all)}` },
  )
  print(`\n${routeTable(all)}`)
  const address = all[0]?.address ?? ''
  print(`\nFrom the client, to ${address} with the host of the URL:`)
  const wrong: string[] = []
  for (const question of questions) {
    const { url, header, count, isGood } = question
    const program = join(import.meta.dirname, 'ask-route.ts')
    const words = [process.execPath, program, url, address, String(count), String(patienceMs), ...(header ? [header] : [])]
    const got = answers.parse(JSON.parse(await lab.client.exec(words)))
    const asked = header === undefined ? url : `${url} ${header.replace('=', ': ')}`
    print(`  ${asked.padEnd(46)} → ${said(got)}`)
    if (!isGood(got)) wrong.push(asked)
  }
  if (wrong.length > 0) throw new LabError('not-ready', `no good answer for ${wrong.join(', ')}`)
  return questions.length
}

/** `70 × web, 30 × dns, which saw 10.99.0.10`. */
function said(all: readonly Answer[]): string {
  const parts = all.map(answer => {
    if ('pod' in answer) return answer.pod.replace(/-.*/, '')
    if ('status' in answer)
      return answer.location === undefined ? String(answer.status) : `${answer.status} to ${answer.location}`
    return answer.error
  })
  const counted = [...Map.groupBy(parts, part => part)].map(([part, each]) =>
    each.length === 1 ? part : `${each.length} × ${part}`,
  )
  const clients = new Set(all.flatMap(answer => ('pod' in answer ? answer.client : [])))
  return [counted.join(', '), ...(clients.size > 0 ? [`which heard of ${[...clients].join(', ')}`] : [])].join('; ')
}
