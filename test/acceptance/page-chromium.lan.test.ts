// The live page in a true browser, through kubectl port-forward: what it shows is what the cluster does, while that changes.
import { spawnSync } from 'node:child_process'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Page, startChromium, type TestBrowser } from '../browser/chromium.ts'
import { type ForwardedPage, forwardPage } from '../lab/page.ts'
import { rows } from '../lab/rows.ts'
import { repair, type SharedLab, sharedLab } from '../lab/shared-lab.ts'
import { refusedRequests } from './audit.ts'
import { nodeNamed, openUser, ownerWhen } from './user.ts'

let lab: SharedLab
let browser: TestBrowser
let forwarded: ForwardedPage

beforeAll(async () => {
  lab = await sharedLab()
  forwarded = await forwardPage(lab)
  browser = await startChromium()
})
afterEach(() => repair(lab))
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await forwarded?.[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})

const rowOf = (page: Page, table: string, key: string) =>
  page.locator(`#${table} tbody tr`).filter({ has: page.locator('td:first-child').getByText(key, { exact: true }) })

/** Without those of a forwarded connection that was lost: the page asks again. */
const ofThePage = (complaints: readonly string[]) =>
  complaints.filter(each => !/net::ERR_(CONNECTION|EMPTY|SOCKET|NETWORK|TIMED)/.test(each))

async function look(search = '', url = forwarded.url) {
  const opened = await browser.open(`${url}${search}`)
  await opened.page.locator('#services tbody tr').first().waitFor()
  return opened
}

test('it shows every sample with its address and announcer, the nodes, pools, classes, Ingresses and events', async () => {
  await using seen = await look()
  const { page, complaints } = seen
  for (const { service, addresses, ready, reason } of await rows(lab)) {
    const row = rowOf(page, 'services', service)
    for (const { address, node } of addresses)
      await expect.poll(() => row.innerText()).toMatch(new RegExp(`${address.replaceAll('.', '\\.')}[^]*${node} eth0`))
    expect(await row.innerText()).toContain(ready ? 'ready' : reason)
  }
  for (const { name } of lab.nodes) await expect.poll(() => rowOf(page, 'nodes', name).innerText()).toContain('alive')
  expect(await page.locator('#pools').innerText()).toMatch(/office[^]*ready[^]*\d+ of \d+/)
  expect(await page.locator('#classes').innerText()).toMatch(/lan-pods[^]*ready/)
  expect(await page.locator('#ingresses').innerText()).toContain('weir-gateway')
  await expect.poll(() => page.locator('#events tbody tr').count()).toBeGreaterThan(3)
  await expect.poll(() => page.locator('#fresh').innerText()).toBe('live')
  expect(ofThePage(complaints)).toEqual([])
})

test('it follows a failover without being loaded again', async () => {
  await using seen = await look('?q=default/web')
  const { page, complaints } = seen
  const address = (await rows(lab)).find(({ service }) => service === 'default/web')?.addresses[0]?.address ?? ''
  const before = await ownerWhen(lab, address, () => true)
  const announcer = () => rowOf(page, 'addresses', address).locator('td').nth(1).innerText()
  // A station's name is followed by its interface and MAC.
  await rowOf(page, 'services', 'default/web').waitFor()
  await page.locator('#filter').fill(address)
  await expect.poll(announcer).toMatch(new RegExp(`^${before.node}\\s`))
  await page.evaluate('globalThis.mark = "same document"')

  expect(nodeNamed(lab, before.node).signal(/agent\.mjs/, 'SIGKILL')).toBe(1)
  const after = await ownerWhen(lab, address, ({ node }) => node !== before.node)
  await expect.poll(announcer).toMatch(new RegExp(`^${after.node}\\s[^]*${after.mac}`))
  expect(await page.evaluate('globalThis.mark')).toBe('same document')
  expect(ofThePage(complaints)).toEqual([])
})

test('the story of a Service is that of weir explain, down to the pod that is not ready and why', async () => {
  await using user = await openUser(lab, 'acceptance-page')
  await user.echo('echo')
  const probe = { tcpSocket: { port: 1 }, periodSeconds: 1 }
  const container = {
    name: 'echo',
    image: 'echo:lab',
    imagePullPolicy: 'Never',
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: probe,
  }
  await user.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'never-ready', labels: { app: 'echo' } },
    spec: { terminationGracePeriodSeconds: 1, containers: [container] },
  })
  await user.service('told', { class: 'weir.dev/lan-pods' })
  const address = await user.served('told')
  await ownerWhen(lab, address, () => true)
  await using seen = await look('?open=service/acceptance-page/told')
  const { page, complaints } = seen
  const why = 'not ready: container echo runs, and its readiness probe does not succeed'
  await expect.poll(() => page.locator('#story').innerText()).toMatch(new RegExp(`out +never-ready +\\S+ +n\\d +${why}`))

  const program = join(import.meta.dirname, '..', '..', 'src', 'main-cli.ts')
  const explain = () => {
    const words = [program, 'explain', 'service/told', '-n', 'acceptance-page', '--kubeconfig', lab.kubeconfig]
    return spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout
  }
  // Ages pass between one look and the other.
  const ageless = (text: string) => text.replaceAll(/\bfor \d+[smhd]\b/g, 'for a while')
  const isTold = async () => {
    const told = ageless(explain())
    const lines = (await page.locator('#story dd, #story-body > p').allInnerTexts()).flatMap(text => ageless(text).split('\n'))
    return lines.length > 6 && lines.every(line => told.includes(line.trim()))
  }
  await expect.poll(isTold, { interval: 2000 }).toBe(true)
  expect(ofThePage(complaints)).toEqual([])
})

test('a controller that stands by shows the same, and says who leads', async () => {
  const pods = (
    await lab.kubectl(['-n', 'weir-system', 'get', 'pods', '-l', 'app.kubernetes.io/name=weir-controller', '-o', 'name'])
  )
    .trim()
    .split('\n')
  const holder = await lab.kubectl([
    '-n',
    'weir-system',
    'get',
    'lease',
    'weir-controller',
    '-o',
    'jsonpath={.spec.holderIdentity}',
  ])
  const leader = holder.replace(/_.*$/, '')
  for (const pod of pods) {
    await using there = await forwardPage(lab, pod)
    await using seen = await look('', there.url)
    const { page, complaints } = seen
    const name = pod.replace('pod/', '')
    const role = name === leader ? 'the active controller' : `the active controller is ${leader}`
    await expect.poll(() => page.locator('#self').innerText()).toMatch(new RegExp(`^${name}, .* ${role}$`))
    await expect.poll(() => rowOf(page, 'services', 'default/web').innerText()).toContain('ready')
    await expect.poll(() => rowOf(page, 'nodes', 'n0').innerText()).toContain('alive')
    expect(ofThePage(complaints)).toEqual([])
  }
})

test('nothing reaches it but the forwarded port, and that only under a name of loopback', async () => {
  const ips = await lab.kubectl([
    '-n',
    'weir-system',
    'get',
    'pods',
    '-l',
    'app.kubernetes.io/name=weir-controller',
    '-o',
    'jsonpath={.items[*].status.podIP}',
  ])
  const program = `require('node:net').connect(8090, process.argv[1]).on('connect', () => { console.log('connected'); process.exit() }).on('error', ({ code }) => console.log(code))`
  for (const ip of ips.split(' '))
    expect((await lab.node(0).exec([process.execPath, '-e', program, ip])).trim()).toBe('ECONNREFUSED')
  const asked = async (host: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    get(forwarded.url, { headers: { host } }, answer => resolve(answer.resume().statusCode)).on('error', reject)
    return promise
  }
  expect(await asked('localhost')).toBe(200)
  expect(await asked('weir.example')).toBe(421)
})

test('RBAC refused nothing of all this', () => {
  expect(refusedRequests(lab)).toEqual([])
})
