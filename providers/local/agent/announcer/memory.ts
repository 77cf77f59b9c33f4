// Memory that start-up needed and nobody needs any more, given back to the kernel. Loaded by the worker only.
import { readFileSync } from 'node:fs'
import koffi from 'koffi'
import { call } from './libc.ts'

const dontNeed = 4 // MADV_DONTNEED

export interface MappedRange {
  readonly start: bigint
  readonly bytes: number
}

/**
 * Gives back what the C library keeps for later, and unmaps the pages of program files: starting Node touches some 50 MB of its
 * own code and constants, of which the agent uses a fraction afterwards. Those pages are as they are on disk and come back by
 * themselves when they are used. Where the C library has no malloc_trim (musl), that part is left out.
 */
export function createMemoryRelease(): () => void {
  const trim = optional(() => koffi.load(null).func('int malloc_trim(unsigned long pad)'))
  let ranges: readonly MappedRange[] | undefined
  return () => {
    trim?.(0)
    ranges ??= readRanges()
    for (const { start, bytes } of ranges) call.madvise(start, bytes, dontNeed)
  }
}

function readRanges(): readonly MappedRange[] {
  try {
    return cleanFileRanges(readFileSync('/proc/self/smaps', 'utf8'))
  } catch {
    return []
  }
}

/**
 * The parts of the address space that only repeat a file: private, read-only, and without a page that was written (a linker
 * writes into some before it makes them read-only). Pure; `smaps` as in proc_pid_smaps(5).
 */
export function cleanFileRanges(smaps: string): readonly MappedRange[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap(entry => {
    const mapping = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [0-9a-f]+ \S+ [1-9]\d* +\/\S/.exec(entry)
    const written = /^Anonymous:\s+(\d+) kB/m.exec(entry)?.[1]
    const modified = /^Private_Dirty:\s+(\d+) kB/m.exec(entry)?.[1]
    if (!mapping || written !== '0' || modified !== '0') return []
    const [start, end] = [BigInt(`0x${mapping[1]}`), BigInt(`0x${mapping[2]}`)]
    return [{ start, bytes: Number(end - start) }]
  })
}

function optional<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}
