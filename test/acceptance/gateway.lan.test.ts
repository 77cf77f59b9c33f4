// Ingresses on a true cluster: the samples answer as they intend, and what a user makes, changes and deletes is served so.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { routeRows, walkRoutes } from '../lab/routes.ts'
import { sharedLab } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { waitFor } from '../lab/waiting.ts'

let lab: SharedLab
beforeAll(async () => {
  lab = await sharedLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

const patience = { timeoutMs: 90_000, everyMs: 500 }
const answers = z.array(z.object({ pod: z.string().optional(), status: z.number().optional(), error: z.string().optional() }))

async function ask(url: string, address: string): Promise<string> {
  const program = join(import.meta.dirname, '..', 'lab', 'ask-route.ts')
  const [answer] = answers.parse(JSON.parse(await lab.client.exec([process.execPath, program, url, address, '1', '0'])))
  return answer?.pod?.replace(/-.*/, '') ?? String(answer?.status ?? answer?.error)
}

test('paths, hosts, a certificate and a canary are answered to a client by address, which backends know', async () => {
  const lines: string[] = []
  expect(await walkRoutes(lab, text => lines.push(text))).toBeGreaterThan(5)
  // Once for each question that a backend answers.
  expect(lines.filter(line => line.includes(`which heard of ${lab.client.address}`))).toHaveLength(6)
})

test('an Ingress is served from when it is there to when it is gone, and its change in between', async () => {
  const [{ address } = { address: '' }] = await routeRows(lab)
  const apply = (service: string) =>
    lab.kubectl(['apply', '-f', '-'], JSON.stringify(ingressTo('comes-and-goes', 'comes.example.com', service)))
  const until = (expected: string) =>
    waitFor(async () => (await ask('http://comes.example.com/', address)) === expected, {
      what: `comes.example.com to answer ${expected}`,
      ...patience,
    })
  await until('404')
  await apply('front')
  await until('web')
  await apply('back')
  await until('dns')
  await lab.kubectl(['delete', 'ingress', 'comes-and-goes'])
  await until('404')
})

test('each node says that its Envoy is there and holds nothing back', async () => {
  const path = 'jsonpath={.items[*].spec.gateway}'
  await waitFor(
    async () => (await lab.kubectl(['get', 'nodereports', '-o', path])) === Array(3).fill('{"envoys":1,"held":[]}').join(' '),
    { what: 'the reports of the nodes', ...patience, explain: () => lab.kubectl(['get', 'nodereports', '-o', path]) },
  )
})

test('a pod reaches the gateway by its address from the node that announces it too', async () => {
  const [{ address } = { address: '' }] = await routeRows(lab)
  const names = (await lab.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'name'])).trim().split('\n')
  const script = `require('node:http').get({ agent: false, host: '${address}', headers: { host: 'shop.example.com' } }, r => r.resume().on('end', () => console.log(r.statusCode)))`
  for (const name of names) expect((await lab.kubectl(['exec', name, '--', 'node', '-e', script])).trim()).toBe('200')
})

function ingressTo(name: string, host: string, service: string): object {
  const backend = { service: { name: service, port: { name: 'http' } } }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default' },
    spec: { ingressClassName: 'web', rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  }
}
