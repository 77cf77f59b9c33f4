// The images of the lab: pause, echo, and weir from the bundle in dist/, on the Node of this checkout; and Envoy.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { envoyProgram } from '../gateway/envoy-program.ts'
import { cacheFolder } from './binaries.ts'
import { run } from './command.ts'
import { LabError } from './errors.ts'
import { programPath } from './machine.ts'
import { imageNames } from './node-files.ts'
import { layer, programFiles, writeArchive } from './oci.ts'
import type { Image, ImageFile } from './oci.ts'

export type ImageOptions = {
  /** Where the archive is written. */
  readonly archive: string
  /** The folder that `npm run build` fills; without it there are no images weir:lab and envoy:lab. */
  readonly bundle?: string | undefined
  readonly cache?: string
}

/** Makes one archive with all images of the lab. Layers are cached, so only what changed is packed again. */
export async function buildImages({ archive, bundle, cache = join(cacheFolder(), 'layers') }: ImageOptions): Promise<void> {
  const [node, pause, echo] = await Promise.all([
    layer(cache, await nodeFiles()),
    layer(cache, await pauseFiles()),
    layer(cache, echoFiles()),
  ])
  const env = ['PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin']
  const images: Image[] = [
    { name: imageNames.pause, layers: [pause], entrypoint: ['/bin/sleep', 'infinity'], env },
    { name: imageNames.echo, layers: [node, echo], entrypoint: ['node', '/echo/echo.ts'], env },
  ]
  if (bundle !== undefined) {
    const [nft, weir, envoy] = await Promise.all([
      layer(cache, await nftFiles()),
      layer(cache, bundleLayer(bundle)),
      layer(cache, await envoyFiles()),
    ])
    images.push({ name: imageNames.weir, layers: [node, nft, weir], entrypoint: ['node'], env })
    images.push({ name: imageNames.envoy, layers: [envoy], entrypoint: ['envoy'], env })
  }
  await writeArchive(archive, images)
}

/** What a program needs of a system beside its own files. */
const etc: readonly ImageFile[] = [
  { path: '/etc/passwd', mode: 0o644, content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' },
  { path: '/etc/group', mode: 0o644, content: 'root:x:0:\nnogroup:x:65534:\n' },
  { path: '/etc/nsswitch.conf', mode: 0o644, content: 'hosts: files dns\n' },
  { path: '/tmp/', mode: 0o1777 },
]

async function nodeFiles(): Promise<readonly ImageFile[]> {
  return [...programFiles(process.execPath, '/usr/local/bin/node', await run(['ldd', process.execPath])), ...etc]
}

/** The container that holds a Pod's namespaces has nothing to do but to stay. */
async function pauseFiles(): Promise<readonly ImageFile[]> {
  return programFiles('/bin/sleep', '/bin/sleep', await run(['ldd', '/bin/sleep']))
}

/** What the agent writes its table with. */
async function nftFiles(): Promise<readonly ImageFile[]> {
  const nft = programPath('nft')
  if (nft === undefined) throw new LabError('unsupported-system', 'there is no nft on this machine. Install nftables.')
  return programFiles(nft, '/usr/sbin/nft', await run(['ldd', nft]))
}

/** With the shell that the official image has too: it is told by it that it will end. */
async function envoyFiles(): Promise<readonly ImageFile[]> {
  const envoy = await envoyProgram()
  const programs = [
    [envoy, '/usr/local/bin/envoy'],
    ['/bin/bash', '/bin/bash'],
    ['/bin/sleep', '/bin/sleep'],
  ] as const
  const files = await Promise.all(programs.map(async ([from, path]) => programFiles(from, path, await run(['ldd', from]))))
  const byPath = new Map(files.flat().map(file => [file.path, file]))
  return [...byPath.values(), ...etc]
}

function echoFiles(): readonly ImageFile[] {
  return [
    { path: '/echo/echo.ts', mode: 0o644, from: join(import.meta.dirname, 'echo.ts') },
    { path: '/echo/package.json', mode: 0o644, content: '{"type":"module"}\n' },
  ]
}

function bundleLayer(bundle: string): readonly ImageFile[] {
  return readdirSync(bundle)
    .filter(file => file.endsWith('.mjs') || file.endsWith('.node'))
    .map(file => ({ path: `/weir/${file}`, mode: 0o644, from: join(bundle, file) }))
}
