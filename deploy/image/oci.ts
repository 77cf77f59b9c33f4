// Container images as OCI archives (image-spec 1.1), made of files of this machine: no registry, no daemon, the same bytes each time.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { tarEnd, tarHeader, tarPadding } from './tar.ts'

export type ImageFile = {
  /** Absolute path in the image. */
  readonly path: string
  readonly mode: number
  /** A file of this machine, or the content itself. A path that ends in a slash is a folder and has neither. */
  readonly from?: string
  readonly content?: string
}

/** A layer that lies ready as a tar file. */
export type Layer = { readonly file: string; readonly sha256: string; readonly size: number }

export type Image = {
  /** "docker.io/library/echo:lab" */
  readonly name: string
  readonly layers: readonly Layer[]
  readonly entrypoint: readonly string[]
  readonly command?: readonly string[]
  /** "UID:GID"; root unless told. */
  readonly user?: string
  readonly env: readonly string[]
}

/** Packs files into a layer under `folder`; a layer of the same files (path, size, time) that lies there already is taken as it is. */
export async function layer(folder: string, files: readonly ImageFile[]): Promise<Layer> {
  mkdirSync(folder, { recursive: true })
  const sorted = withFolders(files)
  const key = createHash('sha256')
    .update(JSON.stringify(sorted.map(identity)))
    .digest('hex')
    .slice(0, 16)
  const ready = readdirSync(folder).find(file => file.startsWith(`${key}-`))
  if (ready) {
    utimesSync(join(folder, ready), new Date(), new Date())
    return describe(join(folder, ready))
  }
  removeUnused(folder)
  const draft = join(folder, `draft-${key}-${process.pid}`)
  const hash = createHash('sha256')
  const members = async function* () {
    for (const file of sorted) {
      const size = file.from === undefined ? Buffer.byteLength(file.content ?? '') : statSync(file.from).size
      yield tarHeader({ path: file.path.slice(1), mode: file.mode, size })
      if (file.from === undefined) yield Buffer.from(file.content ?? '')
      else yield* chunks(file.from)
      yield tarPadding(size)
    }
    yield tarEnd
  }
  const hashed = async function* () {
    for await (const chunk of members()) {
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(Readable.from(hashed()), createWriteStream(draft))
  const file = join(folder, `${key}-${hash.digest('hex')}.tar`)
  renameSync(draft, file)
  return describe(file)
}

const keptMs = 14 * 24 * 3600 * 1000

/** Layers of bundles that nobody started for two weeks go. */
function removeUnused(folder: string): void {
  const old = readdirSync(folder).filter(file => Date.now() - statSync(join(folder, file)).mtimeMs > keptMs)
  for (const file of old) rmSync(join(folder, file), { force: true })
}

/** Writes one OCI archive that holds all the images; a layer they share is in it once. */
export async function writeArchive(file: string, images: readonly Image[]): Promise<void> {
  const blobs = new Map<string, { readonly size: number; readonly body: Buffer | string }>()
  const add = (value: unknown) => {
    const body = Buffer.from(JSON.stringify(value))
    const digest = createHash('sha256').update(body).digest('hex')
    blobs.set(digest, { size: body.length, body })
    return { digest: `sha256:${digest}`, size: body.length }
  }
  const manifests = images.map(image => {
    for (const { sha256, size, file: body } of image.layers) blobs.set(sha256, { size, body })
    const config = add({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: {
        Entrypoint: image.entrypoint,
        Env: image.env,
        WorkingDir: '/',
        ...(image.command && { Cmd: image.command }),
        ...(image.user !== undefined && { User: image.user }),
      },
      rootfs: { type: 'layers', diff_ids: image.layers.map(({ sha256 }) => `sha256:${sha256}`) },
    })
    const manifest = add({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: image.layers.map(({ sha256, size }) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: `sha256:${sha256}`,
        size,
      })),
    })
    const annotations = { 'io.containerd.image.name': image.name }
    return { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest, annotations }
  })
  const text = (path: string, value: unknown) => ({ path, body: Buffer.from(JSON.stringify(value)) })
  const members = async function* () {
    const small = [text('oci-layout', { imageLayoutVersion: '1.0.0' }), text('index.json', { schemaVersion: 2, manifests })]
    const all = [
      ...small.map(({ path, body }) => ({ path, body, size: body.length })),
      ...[...blobs].map(([digest, blob]) => ({ path: `blobs/sha256/${digest}`, ...blob })),
    ]
    for (const { path, body, size } of all) {
      yield tarHeader({ path, mode: 0o644, size })
      if (typeof body === 'string') yield* chunks(body)
      else yield body
      yield tarPadding(size)
    }
    yield tarEnd
  }
  mkdirSync(dirname(file), { recursive: true })
  await pipeline(Readable.from(members()), createWriteStream(`${file}.draft`))
  renameSync(`${file}.draft`, file)
}

async function* chunks(file: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) yield Buffer.from(chunk)
}

function describe(file: string): Layer {
  const sha256 = /-([0-9a-f]{64})\.tar$/.exec(file)?.[1] ?? ''
  return { file, sha256, size: statSync(file).size }
}

/** What decides whether a file must be packed again. */
function identity(file: ImageFile): unknown {
  if (file.from === undefined) return [file.path, file.mode, file.content]
  const { size, mtimeMs } = statSync(file.from)
  return [file.path, file.mode, file.from, size, mtimeMs]
}

/** Sorted, and with every folder before what is in it. */
function withFolders(files: readonly ImageFile[]): readonly ImageFile[] {
  const byPath = new Map(files.map(file => [file.path, file]))
  for (const { path } of files) {
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) {
      if (!byPath.has(`${folder}/`)) byPath.set(`${folder}/`, { path: `${folder}/`, mode: 0o755 })
    }
  }
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}
