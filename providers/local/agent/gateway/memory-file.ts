// What of the gateway's members outlives the agent, in a file beside its socket: which versions Envoys took, and what is served for those they refused.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Member } from './members.ts'
import type { Memory, Version } from './quarantine.ts'

/** Values of another version of this program may mean something else. */
interface Stored {
  readonly program: string
  readonly digests: readonly (readonly [string, string])[]
  readonly values: readonly (readonly [string, Version<Member>])[]
}

const nothing: Memory<Member> = { digests: new Map(), values: new Map() }

/** Nothing when there is no file, or none that can be read. */
export function readMemory(path: string, program: string): Memory<Member> {
  try {
    const stored: Stored = JSON.parse(readFileSync(path, 'utf8'))
    if (stored.program !== program) return nothing
    return { digests: new Map(stored.digests), values: new Map(stored.values) }
  } catch {
    return nothing
  }
}

/** Keys of certificates never stand in it: after a restart one that is held has no predecessor. */
export function writeMemory(path: string, program: string, { digests, values }: Memory<Member>): void {
  const ingresses = [...values].filter(([, { value }]) => value.kind === 'ingress')
  const stored: Stored = { program, digests: [...digests], values: ingresses }
  writeFileSync(`${path}.draft`, JSON.stringify(stored), { mode: 0o600 })
  renameSync(`${path}.draft`, path)
}
