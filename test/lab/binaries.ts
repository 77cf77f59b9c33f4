// Finds the programs of the cluster: KUBEBUILDER_ASSETS, then the cache, and builds the rest from pinned Go modules.
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { attempt } from './command.ts'
import { LabError } from './errors.ts'
import { buildsFor } from './go-modules.ts'
import type { Build, ProgramName } from './go-modules.ts'
import { withLock } from './lock.ts'
import type { Progress } from './progress.ts'

export type Binaries = {
  /** The absolute path of a program that was asked for. */
  path(program: ProgramName): string
  /** The folders of all of them, for PATH. */
  readonly folders: readonly string[]
  /** How many had to be built now. */
  readonly built: number
}

export type BinaryOptions = {
  readonly progress: Progress
  readonly cache?: string
  /** envtest's folder of ready programs; used for those it has. */
  readonly assets?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Everything that outlives a run and a checkout: XDG_CACHE_HOME/weir-lab, or ~/.cache/weir-lab. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'weir-lab')
}

/** Paths of all `programs`; builds what is neither in the assets nor in the cache, which takes minutes, one step per program. */
export async function binaries(programs: readonly ProgramName[], options: BinaryOptions): Promise<Binaries> {
  const cache = options.cache ?? cacheFolder()
  const paths = new Map<ProgramName, string>()
  const missing: Build[] = []
  for (const build of buildsFor(programs)) {
    const ready = [options.assets && join(options.assets, build.program), join(cache, build.module.key, build.program)]
    const found = ready.find(path => path !== undefined && path !== '' && isExecutable(path))
    if (found) paths.set(build.program, found)
    else missing.push(build)
  }
  const go = missing.length > 0 ? await findGo(missing) : ''
  for (const build of missing) paths.set(build.program, await buildOnce(go, build, cache, options))
  return {
    path: program => paths.get(program) ?? '',
    folders: [...new Set([...paths.values()].map(path => dirname(path)))],
    built: missing.length,
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Two labs that start together build once: the second waits for the first and takes its result. */
async function buildOnce(go: string, build: Build, cache: string, options: BinaryOptions): Promise<string> {
  const folder = join(cache, build.module.key)
  const target = join(folder, build.program)
  mkdirSync(folder, { recursive: true })
  await options.progress.step(
    `${build.program} ${build.module.version}`,
    async step => {
      step.note('waits for another run that builds it')
      await withLock(join(folder, 'build.lock'), options.signal, async () => {
        step.note('builds')
        if (!isExecutable(target)) await compile(go, build, folder, note => step.note(note), options.signal)
      })
    },
    () => 'built',
  )
  return target
}

async function compile(
  go: string,
  build: Build,
  folder: string,
  note: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const draft = mkdtempSync(join(folder, 'draft-'))
  let downloads = 0
  const { linkerFlags, tags } = build.module
  const how = ['-mod=readonly', '-trimpath', '-tags', tags, '-ldflags', linkerFlags]
  const command = [go, 'build', ...how, '-o', `${draft}/`, build.package]
  const { code, stderr } = await attempt(command, {
    cwd: build.module.dir,
    env: { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' },
    signal,
    onErrorLine: line => {
      if (line.startsWith('go: downloading')) note(`builds, ${++downloads} modules downloaded`)
    },
  })
  try {
    // The package's path names the output (etcd's ends in v3), so the only file is taken whatever it is called.
    const [file] = readdirSync(draft)
    if (code !== 0 || file === undefined) {
      const words = stderr.split('\n').filter(line => line !== '' && !line.startsWith('go: downloading'))
      throw new LabError('build-failed', `go build ${build.package} failed: ${words.slice(-8).join('\n')}`)
    }
    renameSync(join(draft, file), join(folder, build.program))
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function findGo(missing: readonly Build[]): Promise<string> {
  const candidates = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/go/bin'].map(folder => join(folder, 'go'))
  const go = candidates.find(path => existsSync(path))
  const wanted =
    missing
      .map(build => build.module.go)
      .toSorted(compareReleases)
      .at(-1) ?? ''
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const remedy = `Install it: curl -fsSL https://go.dev/dl/go${wanted}.linux-${arch}.tar.gz | sudo tar -C /usr/local -xz`
  const what = `${missing.map(build => build.program).join(', ')} must be built once`
  if (!go) throw new LabError('missing-go', `needs Go ${wanted} (${what}), and there is no go on this machine.`, remedy)
  // Go 1.21 and later fetch the release that go.mod asks for by themselves.
  const release = /go(\d+\.\d+(?:\.\d+)?)/.exec((await attempt([go, 'version'])).stdout)?.[1] ?? '0'
  if (compareReleases(release, '1.21') < 0)
    throw new LabError('missing-go', `needs Go ${wanted} (${what}), and this is ${release}.`, remedy)
  return go
}

/** Orders Go releases: "1.9" before "1.26.1". */
export function compareReleases(one: string, other: string): number {
  const [a, b] = [one, other].map(release => release.split('.').map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
