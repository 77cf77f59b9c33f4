// The bundle of a small program that needs everything difficult: native addon, client-node, a worker beside it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { bundle, root } from './bundle.ts'

/** Sources live inside the project, where packages are found; what is built must run where there are none. */
function trial(sources: Readonly<Record<string, string>>) {
  mkdirSync(join(root, '.vitest'), { recursive: true })
  const source = mkdtempDisposableSync(join(root, '.vitest', 'bundle-'))
  const bare = mkdtempDisposableSync(join(tmpdir(), 'weir-bundle-'))
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(source.path, name), text)
  return {
    folder: bare.path,
    entry: (name: string) => relative(root, join(source.path, name)),
    run: (name: string) => spawnSync(process.execPath, [join(bare.path, name)], { encoding: 'utf8', cwd: bare.path }),
    [Symbol.dispose]() {
      source.remove()
      bare.remove()
    },
  }
}

test('a program with koffi and client-node runs from a folder that has no node_modules', async () => {
  using files = trial({
    'main.ts': `
      import koffi from 'koffi'
      import { KubeConfig } from '@kubernetes/client-node'
      const libc = koffi.load(null)
      const getpid = libc.func('int getpid()')
      console.log(getpid() === process.pid, new KubeConfig().getContexts().length)`,
  })
  await bundle({ programs: [{ entry: files.entry('main.ts'), output: 'main.mjs' }], folder: files.folder })
  const { stdout, stderr } = files.run('main.mjs')
  expect({ stdout, stderr }).toEqual({ stdout: 'true 0\n', stderr: '' })
  expect(readdirSync(files.folder).toSorted()).toEqual(['koffi.node', 'main.mjs', 'main.mjs.map'])
})

test('client-node brings its configuration, not its models, tar, WebSocket and HTTP client', async () => {
  using files = trial({ 'main.ts': `import { KubeConfig } from '@kubernetes/client-node'\nconsole.log(KubeConfig.name)` })
  const [main] = await bundle({ programs: [{ entry: files.entry('main.ts'), output: 'main.mjs' }], folder: files.folder })
  expect(files.run('main.mjs').stdout).toBe('KubeConfig\n')
  expect(main?.bytes).toBeLessThan(300_000)
})

test('a program that holds a package it must not hold is refused, with the file that imports it', async () => {
  using files = trial({ 'main.ts': `import koffi from 'koffi'\nconsole.log(koffi)` })
  const program = { entry: files.entry('main.ts'), output: 'main.mjs', without: ['koffi'] }
  await expect(bundle({ programs: [program], folder: files.folder })).rejects.toThrow(
    /main\.mjs must not hold node_modules\/koffi\/.*, which .* imports/,
  )
  expect(readdirSync(files.folder)).not.toContain('main.mjs')
})

test('a worker named by its source is found beside the program, and zod comes without its languages', async () => {
  using files = trial({
    'main.ts': `
      import { Worker } from 'node:worker_threads'
      new Worker(new URL('./worker.ts', import.meta.url)).on('message', text => console.log(text))`,
    'worker.ts': `
      import { parentPort } from 'node:worker_threads'
      import { z } from 'zod'
      parentPort?.postMessage(z.string().parse('from the worker'))`,
  })
  const [, worker] = await bundle({
    programs: [
      { entry: files.entry('main.ts'), output: 'main.mjs' },
      { entry: files.entry('worker.ts'), output: 'the-worker.mjs' },
    ],
    folder: files.folder,
  })
  expect(files.run('main.mjs').stdout).toBe('from the worker\n')
  expect(worker?.bytes).toBeLessThan(200_000)
})

test('a program that speaks HTTP does not load undici, which Node keeps behind a property of its own http', async () => {
  using files = trial({
    'main.ts': `
      import http, { Agent } from 'node:http'
      import { EventEmitter } from 'events'
      const loaded = () => process.moduleLoadList.some(name => name.includes('undici'))
      const before = loaded()
      new Agent()
      console.log(http.Agent === Agent, typeof EventEmitter, before, http.WebSocket !== undefined, loaded())`,
  })
  await bundle({ programs: [{ entry: files.entry('main.ts'), output: 'main.mjs' }], folder: files.folder })
  const { stdout, stderr } = files.run('main.mjs')
  expect({ stdout, stderr }).toEqual({ stdout: 'true function false true true\n', stderr: '' })
})

test('what a split program imports at run time is a file of its own, and a later build leaves no old one', async () => {
  using files = trial({
    'main.ts': `
      import { ours } from './shared.ts'
      const { isOurs } = await import('./part.ts')
      console.log(isOurs(new ours()))`,
    'part.ts': `
      import { ours } from './shared.ts'
      export const isOurs = (thing: unknown) => thing instanceof ours`,
    'shared.ts': 'export class ours {}',
  })
  writeFileSync(join(files.folder, 'main-part-OLD.mjs'), '')
  await bundle({ programs: [{ entry: files.entry('main.ts'), output: 'main.mjs', split: true }], folder: files.folder })
  expect(files.run('main.mjs').stdout).toBe('true\n')
  const parts = readdirSync(files.folder).filter(name => name.startsWith('main-part-') && name.endsWith('.mjs'))
  expect(parts).toHaveLength(1)
  expect(parts).not.toContain('main-part-OLD.mjs')
})

test('what the page sends to browsers is a part of the program, and reads no file', async () => {
  using files = trial({
    'main.ts': `
      import { readAssets } from '../../src/page/assets.ts'
      const assets = readAssets()
      console.log(Object.keys(assets).includes('/index.html'), assets['/main.ts'].type, assets['/main.ts'].body.includes('import type'))`,
  })
  await bundle({ programs: [{ entry: files.entry('main.ts'), output: 'main.mjs' }], folder: files.folder })
  const { stdout, stderr } = files.run('main.mjs')
  expect({ stdout, stderr }).toEqual({ stdout: 'true text/javascript; charset=utf-8 false\n', stderr: '' })
})

test('a source that does not exist is named', async () => {
  using files = trial({})
  await expect(bundle({ programs: [{ entry: 'src/none.ts', output: 'none.mjs' }], folder: files.folder })).rejects.toThrow(
    'no source for src/none.ts',
  )
})
