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
import { whole } from './parts.ts'
import { openSession } from './session.ts'

let cluster: ControlPlane
beforeAll(async () => {
  cluster = await startControlPlane({ controllers: ['namespace-controller', 'garbage-collector-controller'] })
  await kinds()
})
afterAll(() => cluster[Symbol.asyncDispose]())

/** A page may take them away. */
async function kinds(): Promise<void> {
  await cluster.kubectl(['apply', '--server-side', '-f', join(root, 'crds')])
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', join(root, 'crds')])
}

const all = pages().flatMap(blocks)

/** Asks the API server what it says to the objects of a block, without keeping them. */
async function tried(block: Block, text: string): Promise<string | undefined> {
  const { code, stderr } = await cluster.tryKubectl(
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

test.each(pages().filter(page => hasBlocksFor(page, 'api')))('$path can be followed at an API server', async page => {
  const programs = await binaries(['kubectl'], { progress: silent, assets: process.env['KUBEBUILDER_ASSETS'] })
  await kinds()
  using session = openSession({ kubeconfig: cluster.kubeconfig, kubectl: programs.path('kubectl') })
  await expect(follow(page, 'api', session)).resolves.toBeUndefined()
})
