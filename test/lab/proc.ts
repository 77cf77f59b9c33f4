// What /proc says about a process: identity that survives the reuse of numbers, children, life.
import { readdirSync, readFileSync } from 'node:fs'
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
  return readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .flatMap(entry => {
      const found = stat(Number(entry))
      return found?.parent === pid ? [{ pid: Number(entry), start: found.start }] : []
    })
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

/** All processes below `pid`, whatever namespace they are in. */
export function descendantsOf(pid: number): readonly ProcessIdentity[] {
  const children = new Map<number, ProcessIdentity[]>()
  for (const entry of readdirSync('/proc')) {
    const found = /^\d+$/.test(entry) ? stat(Number(entry)) : undefined
    if (found) children.set(found.parent, [...(children.get(found.parent) ?? []), { pid: Number(entry), start: found.start }])
  }
  const below = (parent: number): readonly ProcessIdentity[] =>
    (children.get(parent) ?? []).flatMap(child => [child, ...below(child.pid)])
  return below(pid)
}
