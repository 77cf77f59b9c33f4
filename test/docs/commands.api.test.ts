// The commands of README and docs/ that need an API server and no nodes are run, and every object on a page is one that it takes.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { startControlPlane } from '../lab/lab.ts'
import type { ControlPlane } from '../lab/lab.ts'
import { binaries } from '../lab/binaries.ts'
import { silent } from '../lab/progress.ts'
import { type Block, blocks, fateOf } from './blocks.ts'
import { follow, hasBlocksFor } from './follow.ts'
import { pages, root } from './pages.ts'
import type { Page } from './pages.ts'
import { whole } from './parts.ts'
import { openSession } from './session.ts'

let shared: ControlPlane
beforeAll(async () => {
  shared = await raise()
})
afterAll(() => shared[Symbol.asyncDispose]())

async function raise(): Promise<ControlPlane> {
  const cluster = await startControlPlane({ controllers: ['namespace-controller', 'garbage-collector-controller'] })
  try {
    await cluster.kubectl(['apply', '--server-side', '-f', join(root, 'crds')])
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', join(root, 'crds')])
    return cluster
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
}

const all = pages().flatMap(blocks)

/** Asks the API server what it says to the objects of a block, without keeping them. */
async function tried(block: Block, text: string): Promise<string | undefined> {
  const { code, stderr } = await shared.tryKubectl(
    ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'],
    text,
  )
  return code === 0 ? undefined : `${block.page}:${block.line}: ${stderr.trim()}`
}

test('the API server takes every object on a page', async () => {
  const refused: string[] = []
  for (const block of all.filter(each => fateOf(each) === 'manifest'))
    refused.push(...((await tried(block, block.text)) ?? '').split('\n').filter(Boolean))
  expect(refused).toEqual([])
})

test('the API server takes every piece of an object, within the rest of one', async () => {
  const refused: string[] = []
  for (const block of all.filter(each => fateOf(each) === 'part')) {
    const [part] = parseAllDocuments(block.text)
    const object = whole(block.marks['part'] ?? '', part?.toJS())
    refused.push(...((await tried(block, JSON.stringify(object))) ?? '').split('\n').filter(Boolean))
  }
  expect(refused).toEqual([])
})

/** A page that takes the kinds away has an API server of its own: they may be a long time going. */
const endsKinds = (page: Page) => blocks(page).some(({ text }) => /kubectl delete .*crds/.test(text))

test.each(pages().filter(page => hasBlocksFor(page, 'api')))('$path can be followed at an API server', async page => {
  await using own = endsKinds(page) ? await raise() : undefined
  const programs = await binaries(['kubectl'], { progress: silent, assets: process.env['KUBEBUILDER_ASSETS'] })
  using session = openSession({ kubeconfig: (own ?? shared).kubeconfig, kubectl: programs.path('kubectl') })
  await expect(follow(page, 'api', session)).resolves.toBeUndefined()
})
