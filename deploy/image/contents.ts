// What is in the image of Weir: Node, nft, the libraries both ask for, and the bundle. No shell, no package manager.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageFile } from './oci.ts'

/** Something the image needs is not on this machine; the message says what, and what to do. */
export class ContentsError extends Error {
  override readonly name = 'ContentsError'
}

/** One layer each, what changes least first. */
export interface Contents {
  readonly node: readonly ImageFile[]
  readonly nft: readonly ImageFile[]
  readonly weir: readonly ImageFile[]
}

/** How it is started, unless a manifest says otherwise. */
export const start = {
  entrypoint: ['node'],
  command: ['/weir/controller.mjs'],
  /** Nobody's, as the manifest of the controller says; that of the agent says root without the rights of root. */
  user: '65532:65532',
  env: ['PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin'],
} as const

/** `bundle` is the folder that `npm run build` fills. Throws ContentsError. */
export function contents(bundle: string, nft = findNft()): Contents {
  if (nft === undefined) throw new ContentsError('there is no nft on this machine. Install nftables.')
  const node = programFiles(process.execPath, '/usr/local/bin/node')
  const below = [...node, ...papersOf(node), ...etc]
  const table = programFiles(nft, '/usr/sbin/nft')
  const isNew = ({ path }: ImageFile) => !below.some(file => file.path === path)
  return { node: below, nft: [...table, ...papersOf(table)].filter(isNew), weir: bundleFiles(bundle) }
}

function findNft(): string | undefined {
  const folders = ['/usr/sbin', '/sbin', '/usr/bin', ...(process.env['PATH'] ?? '').split(':')]
  return folders.map(folder => join(folder, 'nft')).find(path => existsSync(path))
}

/** What a program needs of a system beside its own files. */
export const etc: readonly ImageFile[] = [
  { path: '/etc/passwd', mode: 0o644, content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' },
  { path: '/etc/group', mode: 0o644, content: 'root:x:0:\nnogroup:x:65534:\n' },
  { path: '/etc/nsswitch.conf', mode: 0o644, content: 'hosts: files dns\n' },
  { path: '/tmp/', mode: 0o1777 },
]

/** A program of this machine together with the libraries its loader asks for (ldd), each where it lies here. */
export function programFiles(program: string, path: string, libraries = librariesOf(program)): readonly ImageFile[] {
  return [{ path, mode: 0o755, from: program }, ...libraries.map(library => ({ path: library, mode: 0o755, from: library }))]
}

/** The paths in what ldd says that are there. */
export function readLdd(words: string): readonly string[] {
  return [...words.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(match => match[1] ?? '').filter(library => existsSync(library))
}

const librariesOf = (program: string) => readLdd(execFileSync('ldd', [program], { encoding: 'utf8' }))

function bundleFiles(bundle: string): readonly ImageFile[] {
  return readdirSync(bundle)
    .filter(file => file.endsWith('.mjs') || file.endsWith('.node'))
    .map(file => ({ path: `/weir/${file}`, mode: 0o644, from: join(bundle, file) }))
}

/**
 * Which Debian packages the files come from, where scanners of images look for it (/var/lib/dpkg/status.d), and their licences.
 * Nothing where there is no dpkg.
 */
function papersOf(files: readonly ImageFile[]): readonly ImageFile[] {
  const packages = packagesOf(files.flatMap(({ from }) => from ?? []))
  if (packages.length === 0) return []
  const status = said('dpkg-query', ['--status', ...packages])
  const papers = packages.flatMap((name): readonly ImageFile[] => {
    const [plain = ''] = name.split(':')
    const content = status.split(/\n(?=Package: )/).find(each => each.startsWith(`Package: ${plain}\n`))
    const licence = `/usr/share/doc/${plain}/copyright`
    return [
      ...(content === undefined ? [] : [{ path: `/var/lib/dpkg/status.d/${plain}`, mode: 0o644, content }]),
      ...(existsSync(licence) ? [{ path: licence, mode: 0o644, from: realpathSync(licence) }] : []),
    ]
  })
  return [...papers, { path: '/etc/os-release', mode: 0o644, from: realpathSync('/etc/os-release') }]
}

/** "libc6:amd64" and the like. Debian knows a file by the path it was packed with, which may lack the /usr in front. */
function packagesOf(files: readonly string[]): readonly string[] {
  const real = files.map(file => realpathSync(file))
  const paths = new Set([...files, ...real, ...real.map(file => file.replace(/^\/usr\//, '/'))])
  const lines = said('dpkg-query', ['--search', ...paths]).split('\n')
  return [...new Set(lines.flatMap(line => /^([^\s,]+)(?:, \S+)*: \//.exec(line)?.[1] ?? []))].toSorted()
}

/** What a program says, whatever its exit code: dpkg-query ends with 1 when it does not know one of many. Nothing when it is not there. */
function said(program: string, args: readonly string[]): string {
  return spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 24 }).stdout ?? ''
}
