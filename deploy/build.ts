// `npm run build`: writes dist/, everything an image needs besides Node and nft, and prints what it weighs; with --image the image, too.
import { chmodSync, copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { bundle, BundleError, root } from './bundle/bundle.ts'
import { contents, ContentsError, start } from './image/contents.ts'
import type { Contents } from './image/contents.ts'
import { layer, writeArchive } from './image/oci.ts'
import type { ImageFile } from './image/oci.ts'

const usage = `npm run build                       writes dist/
npm run build -- --image            and dist/weir-image.tar, an OCI archive of the image with the Node and nft of this machine
npm run build -- --files FOLDER     and the files of the image into a folder, for deploy/Dockerfile

  --name NAME      the image's name and tag in the archive (weir:latest)`

const started = performance.now()
try {
  await main()
} catch (error) {
  const known = error instanceof BundleError || error instanceof ContentsError || (error instanceof Error && 'code' in error)
  if (!known) throw error
  console.error(styleText('red', `weir: ${error.message}`))
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      image: { type: 'boolean', default: false },
      files: { type: 'string' },
      name: { type: 'string', default: 'weir:latest' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const built = await bundle()
  for (const file of built) {
    const largest = file.largest.map(([name, bytes]) => `${name} ${kilobytes(bytes)}`).join(', ')
    console.log(`${relative(root, file.path).padEnd(28)} ${kilobytes(file.bytes).padStart(8)}  ${largest}`)
  }
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  if (values.image) await writeImage(values.name)
  if (values.files !== undefined) writeFiles(resolve(values.files))
}

async function writeImage(name: string): Promise<void> {
  const archive = join(root, 'dist', 'weir-image.tar')
  const drafts = join(root, 'dist', 'layers')
  const parts = contents(join(root, 'dist'))
  const layers = []
  for (const [, files] of partsOf(parts)) layers.push(await layer(drafts, files))
  await writeArchive(archive, [{ ...start, name, layers }])
  rmSync(drafts, { recursive: true })
  tell(relative(root, archive), parts)
}

function writeFiles(folder: string): void {
  const parts = contents(join(root, 'dist'))
  for (const { path, mode, from, content } of partsOf(parts).flatMap(([, files]) => files)) {
    const target = join(folder, path)
    mkdirSync(path.endsWith('/') ? target : dirname(target), { recursive: true })
    if (path.endsWith('/')) continue
    if (from === undefined) writeFileSync(target, content ?? '')
    else copyFileSync(from, target)
    chmodSync(target, mode)
  }
  tell(folder, parts)
}

/** What changes least first. */
function partsOf({ node, nft, weir }: Contents): readonly (readonly [name: string, files: readonly ImageFile[]])[] {
  return [
    ['node', node],
    ['nft', nft],
    ['weir', weir],
  ]
}

/** The size of the image, and of its parts: what a node holds of it, unpacked. */
function tell(where: string, parts: Contents): void {
  const weights = partsOf(parts).map(([name, files]) => [name, files.reduce((sum, file) => sum + weightOf(file), 0)] as const)
  const total = weights.reduce((sum, [, bytes]) => sum + bytes, 0)
  console.log(
    `${where.padEnd(28)} ${megabytes(total).padStart(8)}  ${weights.map(([name, bytes]) => `${name} ${megabytes(bytes)}`).join(', ')}`,
  )
}

function weightOf({ from, content }: ImageFile): number {
  return from === undefined ? Buffer.byteLength(content ?? '') : statSync(from).size
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
