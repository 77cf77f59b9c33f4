// Where koffi keeps its native addon for a machine: one npm package per platform, one folder in it per C library.
import { statSync } from 'node:fs'
import { join } from 'node:path'

/** The addon's name beside the programs. */
export const addonName = 'koffi.node'

export interface Machine {
  readonly arch: string
  readonly libc: 'glibc' | 'musl'
}

/** The machine this process runs on. The report of Node names the version of glibc, and none with musl. */
export function thisMachine(): Machine {
  const header = (process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } }).header
  return { arch: process.arch, libc: header?.glibcVersionRuntime ? 'glibc' : 'musl' }
}

/** Path and size of the addon for `machine`; 0 bytes when it is not installed. */
export function findAddon(
  root: string,
  machine: Machine,
): { readonly package: string; readonly path: string; readonly bytes: number } {
  const name = `@koromix/koffi-linux-${machine.arch}`
  const path = join(root, 'node_modules', name, `${machine.libc === 'musl' ? 'musl' : 'linux'}_${machine.arch}`, addonName)
  return { package: name, path, bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0 }
}
