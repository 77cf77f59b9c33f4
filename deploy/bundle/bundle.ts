// Makes one file per program (and more for what it loads only when needed), with koffi's native addon beside them: a folder of these runs wherever Node runs.
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import type { Metafile, OutputFile } from 'esbuild'
import { addonName, findAddon, thisMachine } from './native-addon.ts'
import {
  addonBeside,
  bakedAssets,
  bakedDefinitions,
  builtinsAsTheyAre,
  lightAwsSdk,
  lightClientNode,
  ownSources,
} from './plugins.ts'

export const root = join(import.meta.dirname, '..', '..')

/** A program of Weir: the file it starts from and the file it becomes. */
export interface Program {
  readonly entry: string
  readonly output: string
  /** Packages that must not be in it, as prefixes of package names. */
  readonly without?: readonly string[]
  /** Whether what it imports at run time becomes files of their own beside it, `<output>-<name>-<hash>.mjs`. */
  readonly split?: boolean
}

const awsSdk = ['@aws-sdk/', '@smithy/', '@aws/'] as const

/** Every program; one whose source does not exist is an error. */
export const programs: readonly Program[] = [
  // The AWS SDK is read only where the aws provider is on.
  { entry: 'src/main-controller.ts', output: 'controller.mjs', split: true },
  // What speaks with Envoys and what writes data paths are read only where there are such.
  { entry: 'src/main-agent.ts', output: 'agent.mjs', without: awsSdk, split: true },
  { entry: 'providers/local/agent/announcer/worker.ts', output: 'announcer-worker.mjs', without: awsSdk },
]

/** The command line joins as soon as its source is there. */
const commandLine: Program = { entry: 'src/main-cli.ts', output: 'weir.mjs' }

export class BundleError extends Error {
  override readonly name = 'BundleError'
}

/** One file of the folder: its size, and the packages that weigh most in it. */
export interface BuiltFile {
  readonly path: string
  readonly bytes: number
  readonly largest: readonly (readonly [name: string, bytes: number])[]
}

export interface BundleOptions {
  readonly programs?: readonly Program[]
  /** `dist` of the project unless told. */
  readonly folder?: string
}

/**
 * Bundles the programs for Node 26 into `folder` and copies the native addon of this machine beside them. Files are put in
 * place whole, so a program that starts meanwhile reads the old one or the new one. Throws BundleError when a source is
 * missing or a program holds a package it must not hold.
 */
export async function bundle(options: BundleOptions = {}): Promise<readonly BuiltFile[]> {
  const wanted = options.programs ?? [...programs, ...(existsSync(join(root, commandLine.entry)) ? [commandLine] : [])]
  const missing = wanted.filter(program => !existsSync(join(root, program.entry)))
  if (missing.length > 0) throw new BundleError(`no source for ${missing.map(program => program.entry).join(', ')}`)

  const folder = options.folder ?? join(root, 'dist')
  mkdirSync(folder, { recursive: true })
  const addon = placeAddon(folder)
  const built = await Promise.all(wanted.map(program => bundleProgram(program, wanted, folder)))
  return [...built, addon]
}

async function bundleProgram(program: Program, all: readonly Program[], folder: string): Promise<BuiltFile> {
  const target = join(folder, program.output)
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, program.entry)],
    ...outputsOf(program, folder),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    // What is written as ES modules can be taken in parts.
    mainFields: ['module', 'main'],
    target: 'node26',
    format: 'esm',
    minify: true,
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    // Packages written for CommonJS call require; an ES module has none by itself.
    banner: { js: "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url);" },
    plugins: [
      addonBeside(),
      builtinsAsTheyAre(),
      lightClientNode(),
      lightAwsSdk(),
      bakedDefinitions(),
      bakedAssets(),
      ownSources(root, all),
    ],
  })
  refuse(program, metafile)
  // The program last: what it names is there by then.
  for (const file of outputFiles.toSorted((one, other) => Number(one.path === target) - Number(other.path === target)))
    writeWhole(file)
  if (program.split) removeOthers(program, folder, outputFiles)
  return describe(target, metafile)
}

function outputsOf({ entry, output, split }: Program, folder: string) {
  if (!split) return { outfile: join(folder, output) }
  const name = basename(output, '.mjs')
  return {
    splitting: true,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    entryPoints: [{ in: join(root, entry), out: name }],
    chunkNames: `${name}-[name]-[hash]`,
  }
}

/** Parts that an earlier build made. */
function removeOthers({ output }: Program, folder: string, made: readonly OutputFile[]): void {
  const kept = new Set(made.map(({ path }) => basename(path)))
  const prefix = `${basename(output, '.mjs')}-`
  for (const name of readdirSync(folder)) if (name.startsWith(prefix) && !kept.has(name)) rmSync(join(folder, name))
}

/** A package that a program must not load is found before the program is written. */
function refuse(program: Program, metafile: Metafile): void {
  const unwanted = Object.entries(metafile.inputs).find(([path]) =>
    (program.without ?? []).some(prefix => path.includes(`node_modules/${prefix}`)),
  )
  if (!unwanted) return
  const [path] = unwanted
  const importer = Object.entries(metafile.inputs).find(([, input]) => input.imports.some(each => each.path === path))?.[0]
  throw new BundleError(`${program.output} must not hold ${path}, which ${importer ?? 'its source'} imports`)
}

function describe(target: string, metafile: Metafile): BuiltFile {
  const output = Object.entries(metafile.outputs).find(([path]) => basename(path) === basename(target))?.[1]
  const weights = new Map<string, number>()
  for (const [path, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'weir'
    weights.set(name, (weights.get(name) ?? 0) + bytesInOutput)
  }
  const largest = [...weights].toSorted((one, other) => other[1] - one[1]).slice(0, 6)
  return { path: target, bytes: output?.bytes ?? 0, largest }
}

function placeAddon(folder: string): BuiltFile {
  const addon = findAddon(root, thisMachine())
  if (!existsSync(addon.path)) throw new BundleError(`koffi has no addon for this machine: ${addon.path} is missing`)
  const target = join(folder, addonName)
  copyFileSync(addon.path, `${target}.${process.pid}`)
  renameSync(`${target}.${process.pid}`, target)
  return { path: target, bytes: addon.bytes, largest: [[addon.package, addon.bytes]] }
}

function writeWhole(file: OutputFile): void {
  const draft = `${file.path}.${process.pid}`
  writeFileSync(draft, file.contents)
  renameSync(draft, file.path)
}
