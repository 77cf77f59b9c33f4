// The Dockerfile makes the image that the manifests start, of sources that are there.
import { existsSync, mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { root } from '../bundle/bundle.ts'
import { contents, programFiles, readLdd, start } from './contents.ts'
import { tarHeader } from './tar.ts'

const read = (...path: readonly string[]) => readFileSync(join(root, ...path), 'utf8')

/** The instructions of a Dockerfile, with continued lines joined. */
const instructions = read('deploy', 'Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter(line => line.trim() !== '')
  .map(line => {
    const [word = '', ...rest] = line.trim().split(/\s+/)
    return { word, rest }
  })
const stages = instructions.flatMap(({ word }, at) => (word === 'FROM' ? [at] : []))
const last = instructions.slice(stages.at(-1))
const valueOf = (word: string) => last.find(each => each.word === word)?.rest.join(' ')

/** In the place of nft, which not every machine has. */
const anyProgram = '/bin/sh'

/** A container of a workload of deploy/. */
function manifest(file: string, kind: string) {
  const workload = parseAllDocuments(read('deploy', ...file.split('/')))
    .map(document => document.toJS())
    .find(object => object.kind === kind)
  return workload.spec.template.spec
}

test('every source that the Dockerfile copies is there, and is sent to the builder', () => {
  const copied = instructions
    .filter(({ word, rest }) => word === 'COPY' && !rest.some(each => each.startsWith('--from')))
    .flatMap(({ rest }) => rest.slice(0, -1))
  expect(copied).toContain('src')
  const sent = read('deploy', 'Dockerfile.dockerignore').split('\n')
  for (const source of copied) {
    expect(existsSync(join(root, source)), source).toBe(true)
    expect(sent).toContain(`!${source}`)
  }
})

test('the last stage starts from nothing, with what the build says', () => {
  expect(last[0]?.rest).toEqual(['scratch'])
  expect(valueOf('USER')).toBe(start.user)
  expect(JSON.parse(valueOf('ENTRYPOINT') ?? '')).toEqual(start.entrypoint)
  expect(JSON.parse(valueOf('CMD') ?? '')).toEqual(start.command)
  expect([valueOf('ENV')]).toEqual(start.env)
})

test('its user is the one that the manifest of the controller names', () => {
  const { runAsUser, runAsGroup } = manifest('base/controller.yaml', 'Deployment').securityContext
  expect(start.user).toBe(`${runAsUser}:${runAsGroup}`)
})

test('what the manifests start is in it, and nothing that nobody starts: no shell, no source map', () => {
  using bundle = mkdtempDisposableSync(join(tmpdir(), 'weir-image-'))
  for (const file of ['controller.mjs', 'agent.mjs', 'weir.mjs', 'koffi.node', 'controller.mjs.map'])
    writeFileSync(join(bundle.path, file), '')
  const paths = Object.values(contents(bundle.path, anyProgram))
    .flat()
    .map(({ path }) => path)
  const started = [manifest('base/controller.yaml', 'Deployment'), manifest('local/agent.yaml', 'DaemonSet')].map(
    ({ containers }) => containers[0].command,
  )
  for (const [program, ...args] of started) {
    expect(paths).toContain(`/usr/local/bin/${program}`)
    expect(paths).toContain(args.at(-1))
  }
  expect(paths).toEqual(expect.arrayContaining(['/weir/koffi.node', '/weir/weir.mjs', '/usr/sbin/nft', '/etc/nsswitch.conf']))
  expect(new Set(paths).size).toBe(paths.length)
  expect(paths.filter(path => /bin\/\w*sh$|\.map$/.test(path))).toEqual([])
})

test('the Node in it is the one that the lock file pins, with every library it is linked with', () => {
  using bundle = mkdtempDisposableSync(join(tmpdir(), 'weir-image-'))
  const { node } = contents(bundle.path, anyProgram)
  const program = node.find(({ path }) => path === '/usr/local/bin/node')
  expect(statSync(program?.from ?? '').size).toBe(statSync(process.execPath).size)
  for (const library of ['libc.so', 'libstdc++.so']) expect(node.map(({ path }) => path).join(' ')).toContain(library)
})

test('of what ldd says the libraries are taken that are there', () => {
  const ldd =
    '\tlinux-vdso.so.1 (0x00007ffc)\n\tlibc.so.6 => /bin/sh (0x00007f11)\n\t/bin/sleep (0x00007f22)\n\tlibgone.so => not found\n'
  const files = programFiles('/usr/bin/env', '/bin/env', readLdd(ldd))
  expect(files.map(file => file.path)).toEqual(['/bin/env', '/bin/sh', '/bin/sleep'])
})

test('a tar header carries the checksum of itself, and a path too long for ustar is refused', () => {
  const header = tarHeader({ path: 'etc/passwd', mode: 0o644, size: 3 })
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  expect(Number.parseInt(header.toString('ascii', 148, 154), 8)).toBe(sum)
  expect(() => tarHeader({ path: 'x'.repeat(300), mode: 0o644, size: 0 })).toThrow(RangeError)
})
