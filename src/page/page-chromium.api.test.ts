// The page in a true browser, over a cluster that the test changes: what a person sees, hears and does with the keyboard alone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenPage, type Page, startChromium, type TestBrowser } from '../../test/browser/chromium.ts'
import { announcement, service } from '../cli/cluster-under-test.ts'
import { hostile, serve } from './cluster-under-test.ts'
import { faintTexts } from './contrast-under-test.ts'
import { type ServedPage, servedPage } from './served-under-test.ts'

let browser: TestBrowser
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser?.[Symbol.asyncDispose]())

/** The page over a cluster of its own, drawn. Ends with the complaints it must not have. */
async function look(options: Parameters<TestBrowser['open']>[1] = {}, search = '') {
  const served: ServedPage = await servedPage()
  const opened: OpenPage = await browser.open(`${served.url}${search}`, options)
  await opened.page.locator('#services tbody tr').first().waitFor()
  return {
    ...served,
    page: opened.page,
    complaints: opened.complaints,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]()
      await served[Symbol.asyncDispose]()
    },
  }
}

const texts = (page: Page, selector: string) => page.locator(selector).allInnerTexts()
const firstCells = (page: Page, table: string) => texts(page, `#${table} tbody tr > :first-child`)
const rowOf = (page: Page, table: string, key: string) => page.locator(`#${table} tbody tr`).filter({ hasText: key })
const activeText = (page: Page) => page.evaluate<string>('document.activeElement.textContent.trim()')

test('it shows the tables, and complains of nothing', async () => {
  await using seen = await look()
  const { page } = seen
  await expect
    .poll(() => texts(page, 'main h2'))
    .toEqual(['Services', 'Ingresses', 'Addresses', 'Pools', 'Nodes', 'Classes', 'Load balancers in AWS', 'Recent events'])
  expect(await firstCells(page, 'services')).toEqual(['default/broken', 'default/shop', 'default/web'])
  expect(await page.locator('#self').innerText()).toBe('weir-controller-1, version 1.2.3: the active controller')
  expect(await page.getByRole('meter').first().getAttribute('aria-valuetext')).toBe('3 of 256')
  await expect.poll(() => firstCells(page, 'events')).toHaveLength(2)
  await expect.poll(() => page.title()).toBe('(3) Weir')
  expect(seen.complaints).toEqual([])
})

test('it follows a failover without being loaded again, and tells who listens', async () => {
  await using seen = await look()
  const { page, cluster } = seen
  await page.evaluate('globalThis.mark = "same document"')
  const address = rowOf(page, 'addresses', '10.201.200.1')
  expect(await address.innerText()).toMatch(/n1\s/)
  await page.evaluate('globalThis.row = document.querySelector("#addresses tbody tr")')

  serve(cluster.stores, 'web', '10.201.200.1', 'n2', 'n0', 2)
  await expect.poll(() => address.innerText()).toMatch(/n2\s[^]*eth0 52:54:00:00:00:02/)
  await expect.poll(() => rowOf(page, 'services', 'default/web').innerText()).toMatch(/n2 eth0[^]*next n0/)
  await expect.poll(() => page.locator('#live').textContent()).toBe('10.201.200.1: Announced by n2')
  expect(await page.evaluate('globalThis.mark')).toBe('same document')
  expect(await page.evaluate('globalThis.row.isConnected')).toBe(true)
  expect(seen.complaints).toEqual([])
})

test('what users wrote is text, wherever it stands', async () => {
  await using seen = await look()
  const { page, cluster } = seen
  cluster.stores.services.put(service('nasty', { ready: false, reason: hostile, message: hostile, addresses: [hostile] }))
  cluster.stores.announcements.put({ ...announcement('10.201.200.9'), status: { epoch: 1, node: hostile, reason: hostile } })
  await expect.poll(() => rowOf(page, 'services', 'default/nasty').innerText()).toContain(hostile)
  await expect.poll(() => rowOf(page, 'addresses', '10.201.200.9').innerText()).toContain(hostile)
  await rowOf(page, 'services', 'default/nasty').getByRole('link').click()
  await expect.poll(() => page.locator('#story-body').innerText()).toContain(hostile)
  expect(await page.locator('main img, main script, #story-body img, #story-body script').count()).toBe(0)
  expect(await page.evaluate('globalThis.broken')).toBeUndefined()
  expect(seen.complaints).toEqual([])
})

test('everything is done with the keyboard: skip, filter, open a story, close it, go back', async () => {
  await using seen = await look()
  const { page } = seen
  const { keyboard } = page
  await keyboard.press('Tab')
  expect(await activeText(page)).toBe('Skip to the tables')
  expect(await page.locator('.skip').boundingBox()).toMatchObject({ y: expect.toSatisfy((y: number) => y >= 0) })
  await keyboard.press('Enter')
  await keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.className')).toBe('scroll')
  await keyboard.press('Tab')
  expect(await activeText(page)).toBe('default/broken')
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')

  await keyboard.press('/')
  await keyboard.type('web')
  await expect.poll(() => firstCells(page, 'services')).toEqual(['default/web'])
  expect(new URL(page.url()).search).toBe('?q=web')
  expect(await page.locator('#pools .empty').innerText()).toBe('Nothing here matches the filter.')

  await page.locator('#services a').focus()
  await keyboard.press('Enter')
  await expect.poll(() => page.locator('#story dt').allInnerTexts()).toContain('port 80/TCP → http')
  expect(await page.locator('#story').innerText()).toContain('by n1 eth0 52:54:00:00:00:01')
  expect(await page.locator('#story').innerText()).toMatch(/in +web-0 +10\.244\.1\.11:8080 +n1 +ready/)
  await keyboard.press('Escape')
  await expect.poll(() => page.locator('#story').isVisible()).toBe(false)
  expect(await activeText(page)).toBe('default/web')
  await page.goBack()
  await expect.poll(() => page.locator('#story').isVisible()).toBe(true)
  expect(seen.complaints).toEqual([])
})

test('a marked place opens where it was: filter, only what is not well, and the story', async () => {
  await using seen = await look({}, '?q=default&bad=1&open=service/default/broken')
  const { page } = seen
  await expect
    .poll(() => page.locator('#story').innerText())
    .toContain('default/broken is not ready: RequestedAddressOutsidePools')
  expect(await firstCells(page, 'services')).toEqual(['default/broken'])
  expect(await page.locator('#filter').inputValue()).toBe('default')
  expect(await page.locator('#bad').isChecked()).toBe(true)
  await page.getByRole('button', { name: 'Close' }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('?q=default&bad=1')
  expect(seen.complaints).toEqual([])
})

test('a controller that is away makes it old, and one that comes back makes it live, in the same document', async () => {
  await using seen = await look()
  const { page, cluster } = seen
  await page.evaluate('globalThis.mark = "same document"')
  await seen.stop()
  await expect.poll(() => page.locator('#fresh').getAttribute('class')).toBe('fresh stale')
  expect(await page.getByRole('status').innerText()).toMatch(
    /^The controller has not answered since .*; what is shown is from then/,
  )
  expect(await firstCells(page, 'services')).toContain('default/web')
  serve(cluster.stores, 'later', '10.201.200.7', 'n0')
  await seen.start()
  await expect.poll(() => firstCells(page, 'services')).toContain('default/later')
  await expect.poll(() => page.locator('#fresh').getAttribute('class')).toBe('fresh live')
  await expect.poll(() => page.locator('#trouble').isVisible()).toBe(false)
  expect(await page.evaluate('globalThis.mark')).toBe('same document')
  // The browser itself says that it could not connect.
  expect(seen.complaints.filter(each => !/net::ERR_(CONNECTION|EMPTY|SOCKET|NETWORK|TIMED)/.test(each))).toEqual([])
})

test('one that stands by says so, and what it does not see of the cluster', async () => {
  await using seen = await look()
  const { page, cluster } = seen
  cluster.stores.leases.put({
    metadata: { namespace: 'weir-system', name: 'weir-controller' },
    spec: { holderIdentity: 'weir-controller-2_b' },
  })
  await expect
    .poll(() => page.locator('#self').innerText())
    .toBe('weir-controller-1, version 1.2.3: stands by, with copies of its own; the active controller is weir-controller-2')
  seen.troubles.push('Service: connection refused')
  await expect
    .poll(() => page.getByRole('status').innerText())
    .toBe('The controller does not see all of the cluster: Service: connection refused')
  expect(seen.complaints).toEqual([])
})

test('of thousands of Services it shows a hundred, and leads to the others', async () => {
  await using seen = await look()
  const { page, cluster } = seen
  for (let i = 0; i < 3000; i++) serve(cluster.stores, `s${String(i).padStart(4, '0')}`, `10.60.${i >> 8}.${i & 255}`, 'n0')
  await expect.poll(() => page.locator('#services .pages').innerText()).toContain('1 to 100 of 3003; 2903 more')
  expect(await firstCells(page, 'services')).toHaveLength(100)
  await page.locator('#services').getByRole('button', { name: 'Next' }).click()
  await expect.poll(async () => (await firstCells(page, 'services'))[0]).toBe('default/s0099')
  await page.locator('#filter').fill('s2999')
  await expect.poll(() => firstCells(page, 'services')).toEqual(['default/s2999'])
  expect(seen.complaints).toEqual([])
})

test.each(['light', 'dark'] as const)(
  'its texts stand out from their ground in %s, and it fits a narrow screen',
  async colorScheme => {
    await using seen = await look({ colorScheme, viewport: { width: 360, height: 780 } })
    const { page } = seen
    await expect.poll(() => firstCells(page, 'events')).toHaveLength(2)
    await rowOf(page, 'services', 'default/web').getByRole('link').click()
    await expect.poll(() => page.locator('#story dl').count()).toBe(1)
    expect(await faintTexts(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    for (const width of [1000, 1280, 1400]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate(sidewaysTables), `tables wider than a window of ${width}`).toEqual([])
    }
    expect(await faintTexts(page)).toEqual([])
    expect(seen.complaints).toEqual([])
  },
)

/** Titles of the tables that are wider than the room they have. */
const sidewaysTables = `[...document.querySelectorAll('.scroll')]
  .filter(each => each.scrollWidth > each.clientWidth)
  .map(each => each.closest('section')?.querySelector('h2')?.textContent)`
