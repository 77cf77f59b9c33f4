// Figures of a benchmark: medians, memory of a process, and a table for people.
import { readFileSync } from 'node:fs'

/** The middle value; of an even number of values the mean of the middle two. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}

export interface Memory {
  /** Resident now, in megabytes of 10^6 bytes. */
  readonly rssMb: number
  /** The most it ever was. */
  readonly peakMb: number
}

/** proc(5), status: VmRSS and VmHWM, both in units of 1024 bytes. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (field: string) => (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6
  return { rssMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') }
}

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  return lines
    .map(line => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
    .join('\n')
}

/** How a bench says whether it held its limit. */
export function verdict(isHeld: boolean): string {
  return isHeld ? '✔ within the limit' : '✘ beyond the limit'
}

export function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits))
}
