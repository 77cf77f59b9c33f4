// What /proc says about a process: identity that survives the reuse of numbers, children, life.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { z } from 'zod'

/** A process, told apart from a later one with the same number by its start time (clock ticks after boot, proc(5) stat field 22). */
export const processIdentity = z.readonly(z.object({ pid: z.number(), start: z.string() }))
export type ProcessIdentity = z.infer<typeof processIdentity>

type Stat = { readonly state: string; readonly parent: number; readonly start: string }

function stat(pid: number): Stat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The name in parentheses may hold spaces; fields are counted after its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '?', parent: Number(fields[1]), start: fields[19] ?? '' }
}

/** Who runs under this number now, or undefined. */
export function identify(pid: number): ProcessIdentity | undefined {
  const found = stat(pid)
  return found && { pid, start: found.start }
}

/** Whether this very process still runs; a zombie does not. */
export function isAlive(process: ProcessIdentity): boolean {
  const found = stat(process.pid)
  return found !== undefined && found.start === process.start && found.state !== 'Z' && found.state !== 'X'
}

/** The processes whose parent is `pid`. */
export function childrenOf(pid: number): readonly ProcessIdentity[] {
  return all().flatMap(found => (found.parent === pid ? [{ pid: found.pid, start: found.start }] : []))
}

/** Sends a signal to this very process; false when it is gone. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false
  try {
    return process.kill(target.pid, signal)
  } catch {
    return false
  }
}

/** All processes below these, whatever namespace they are in. */
export function descendantsOf(...pids: readonly number[]): readonly ProcessIdentity[] {
  const children = new Map<number, ProcessIdentity[]>()
  for (const { pid, parent, start } of all()) children.set(parent, [...(children.get(parent) ?? []), { pid, start }])
  const below = (parent: number): readonly ProcessIdentity[] =>
    (children.get(parent) ?? []).flatMap(child => [child, ...below(child.pid)])
  return pids.flatMap(below)
}

/** Everything that ends when process 1 of a PID namespace does: the others in it, however they came there, and what is below them. */
export function inhabitantsOf(init: number): readonly ProcessIdentity[] {
  const namespace = pidNamespace(init)
  if (namespace === undefined) return []
  const direct = all().filter(({ pid }) => pidNamespace(pid) === namespace)
  const found = [...direct, ...descendantsOf(...direct.map(({ pid }) => pid))]
  return [...new Map(found.map(({ pid, start }) => [pid, { pid, start }])).values()]
}

function all(): readonly (Stat & { readonly pid: number })[] {
  return readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .flatMap(entry => {
      const found = stat(Number(entry))
      return found ? [{ ...found, pid: Number(entry) }] : []
    })
}

function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}
