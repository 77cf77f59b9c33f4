// The images of the lab: pause, echo, and weir from the bundle in dist/, on the Node of this checkout; and Envoy.
import { join } from 'node:path'
import { contents, etc, programFiles, start } from '../../deploy/image/contents.ts'
import { layer, writeArchive } from '../../deploy/image/oci.ts'
import type { Image, ImageFile } from '../../deploy/image/oci.ts'
import { envoyProgram } from '../gateway/envoy-program.ts'
import { cacheFolder } from './binaries.ts'
import { imageNames } from './node-files.ts'

export type ImageOptions = {
  /** Where the archive is written. */
  readonly archive: string
  /** The folder that `npm run build` fills; without it there are no images weir:lab and envoy:lab. */
  readonly bundle?: string | undefined
  readonly cache?: string
}

/** Makes one archive with all images of the lab. Layers are cached, so only what changed is packed again. */
export async function buildImages({ archive, bundle, cache = join(cacheFolder(), 'layers') }: ImageOptions): Promise<void> {
  const ours = bundle === undefined ? undefined : contents(bundle)
  const [node, pause, echo] = await Promise.all([
    layer(cache, ours?.node ?? [...programFiles(process.execPath, '/usr/local/bin/node'), ...etc]),
    // The container that holds a Pod's namespaces has nothing to do but to stay.
    layer(cache, programFiles('/bin/sleep', '/bin/sleep')),
    layer(cache, echoFiles()),
  ])
  const { env } = start
  const images: Image[] = [
    { name: imageNames.pause, layers: [pause], entrypoint: ['/bin/sleep', 'infinity'], env },
    { name: imageNames.echo, layers: [node, echo], entrypoint: ['node', '/echo/echo.ts'], env },
  ]
  if (ours !== undefined) {
    const [nft, weir, envoy] = await Promise.all([
      layer(cache, ours.nft),
      layer(cache, ours.weir),
      layer(cache, await envoyFiles()),
    ])
    images.push({ ...start, name: imageNames.weir, layers: [node, nft, weir] })
    images.push({ name: imageNames.envoy, layers: [envoy], entrypoint: ['envoy'], env })
  }
  await writeArchive(archive, images)
}

/** With the shell that the official image has too: it is told by it that it will end. */
async function envoyFiles(): Promise<readonly ImageFile[]> {
  const envoy = await envoyProgram()
  const programs = [
    [envoy, '/usr/local/bin/envoy'],
    ['/bin/bash', '/bin/bash'],
    ['/bin/sleep', '/bin/sleep'],
  ] as const
  const files = programs.map(([from, path]) => programFiles(from, path))
  const byPath = new Map(files.flat().map(file => [file.path, file]))
  return [...byPath.values(), ...etc]
}

function echoFiles(): readonly ImageFile[] {
  return [
    { path: '/echo/echo.ts', mode: 0o644, from: join(import.meta.dirname, 'echo.ts') },
    { path: '/echo/package.json', mode: 0o644, content: '{"type":"module"}\n' },
  ]
}
