// A true Chromium without a window: opens pages, and keeps what they complain about.
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { programPath } from '../lab/machine.ts'

export type { Page }

/** Nothing that asks somebody outside, draws on a screen or keeps anything; its profile is a folder that goes with it. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** Errors and warnings of the console, exceptions, violations of the policy, requests to others. Tests expect none. */
  readonly complaints: readonly string[]
}

export interface TestBrowser extends AsyncDisposable {
  /** In a context of its own. `origin` is the only one it may ask. */
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>
}

/** On a busy machine everything takes its time. */
const patienceMs = 60_000

export async function startChromium(): Promise<TestBrowser> {
  const executablePath = programPath('chromium')
  if (executablePath === undefined) throw new Error('there is no chromium on this machine')
  const browser: Browser = await chromium.launch({ executablePath, args: flags, headless: true, timeout: patienceMs })
  return {
    async open(url, options) {
      const context: BrowserContext = await browser.newContext(options)
      context.setDefaultTimeout(patienceMs)
      const page = await context.newPage()
      const complaints: string[] = []
      const { origin } = new URL(url)
      page.on('console', message => {
        if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
      })
      page.on('pageerror', error => complaints.push(`exception: ${error.message}`))
      page.on('request', request => {
        if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`)
      })
      await page.goto(url)
      return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}
