// arp: how fast a request is answered with up to ten thousand addresses, beside a minimal responder in C in the same run.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createAnnouncer } from '../../providers/local/agent/announcer/announcer.ts'
import { makeLan, missingForLan } from '../../providers/local/agent/announcer/lan-under-test.ts'
import type { Lan } from '../../providers/local/agent/announcer/lan-under-test.ts'
import { lines } from '../lab/progress.ts'
import { rounded, table, verdict } from './figures.ts'
import type { BenchOptions } from './options.ts'

const sizes = [1, 10, 100, 1000, 10_000]
const requests = 4000
/** 10.201.128.0 and on, which no station of the LAN has. */
const first = 0x0ac9_8000
const limitRatio = 2.5
/** The announcements of a claim, five rounds 1.1 s apart, and what they take. */
const calmMs = 9000

interface Times {
  readonly p50Us: number
  readonly p99Us: number
}

interface Run extends Times {
  readonly addresses: number
  readonly limitP50Us: number
  readonly ratio: number
}

/**
 * For each number of addresses both sides are asked in turns, some thousand times each, by the same client in C. `--rounds` pieces
 * of each side alternate, so that a busy moment of the machine hits both.
 */
export async function arp({ rounds, signal }: BenchOptions) {
  const missing =
    missingForLan() ?? (spawnSync('gcc', ['--version']).error ? 'gcc is missing, for the responder to compare with' : undefined)
  if (missing) throw new Error(`arp cannot be measured here: ${missing}`)
  const progress = lines(process.stderr)
  using resources = new DisposableStack()
  const program = await progress.step('responder in C', () => compile(resources))
  const runs: Run[] = []
  for (const addresses of sizes) {
    signal.throwIfAborted()
    runs.push(await progress.step(`${addresses} addresses`, () => measure(program, addresses, rounds)))
  }
  const header = ['addresses', 'p50 µs', 'p99 µs', 'C p50 µs', 'ratio', 'limit', '']
  const rows = runs.map(({ addresses, p50Us, p99Us, limitP50Us, ratio }) => [
    ...[addresses, p50Us, p99Us, limitP50Us, ratio, limitRatio].map(String),
    ratio <= limitRatio ? '✔' : '✘',
  ])
  const growth = rounded((runs.at(-1)?.p50Us ?? 0) / (runs[0]?.p50Us ?? 1), 2)
  const ratio = Math.max(...runs.map(run => run.ratio))
  console.log(`arp: from request to answer, as a client on the LAN measures it\n${table(header, rows)}`)
  console.log('C: a minimal responder in C in the same run, the least that this machine can take; ratio: ours p50 by that one.')
  console.log(`${verdict(ratio <= limitRatio)}: at worst ${ratio} times the time of the responder in C, at most ${limitRatio}.`)
  console.log(`With ${sizes.at(-1)} addresses an answer takes ${growth} times as long as with ${sizes[0]} (p50 by p50).`)
  return { runs, limitRatio, growth, ratio }
}

async function measure(program: string, addresses: number, rounds: number): Promise<Run> {
  await using resources = new AsyncDisposableStack()
  // Two LANs, so that the announcer does not hear the other side's requests.
  const ours = resources.use(makeLan('arp'))
  const theirs = resources.use(makeLan('arc'))
  const url = new URL('../../providers/local/agent/announcer/worker.ts', import.meta.url)
  const starting = ours.inside(ours.node, () =>
    createAnnouncer({ workerUrl: url, refreshMs: 0, onConflict: () => {}, onFailure: error => console.error(String(error)) }),
  )
  const announcer = resources.use(await starting)
  await announcer.set(ours.node, new Set(Array.from({ length: addresses }, (_, index) => first + index)))
  const words = ['netns', 'exec', theirs.node.namespace, program, 'answer', theirs.node.name]
  const responder = spawn('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(responder, 'exit')
  resources.defer(async () => {
    responder.kill('SIGKILL')
    await ended
  })
  await sleep(calmMs)
  const [own, limit]: [number[], number[]] = [[], []]
  for (let i = 0; i < rounds; i++) {
    own.push(...(await ask(ours, program, addresses, Math.ceil(requests / rounds))))
    limit.push(...(await ask(theirs, program, addresses, Math.ceil(requests / rounds))))
  }
  const [mine, bound] = [timesOf(own), timesOf(limit)]
  return { addresses, ...mine, limitP50Us: bound.p50Us, ratio: rounded(mine.p50Us / bound.p50Us, 2) }
}

/** Round trips in microseconds. */
async function ask(lan: Lan, program: string, addresses: number, count: number): Promise<readonly number[]> {
  const words = ['netns', 'exec', lan.client.namespace, program, 'ask', lan.client.name, ...[count, addresses, first].map(String)]
  const { stdout } = await promisify(execFile)('ip', words, { maxBuffer: 2 ** 24 })
  const answers = stdout.trim().split('\n')
  const lost = answers.filter(line => line === 'lost').length
  if (lost > 0) throw new Error(`${lost} of ${answers.length} requests were not answered`)
  return answers.map(line => Number(line) / 1000)
}

function timesOf(values: readonly number[]): Times {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (part: number) => rounded(sorted[Math.floor(sorted.length * part)] ?? Number.NaN, 1)
  return { p50Us: at(0.5), p99Us: at(0.99) }
}

async function compile(resources: DisposableStack): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-arp-'))
  resources.defer(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'responder')
  await promisify(execFile)('gcc', ['-O2', '-o', program, join(import.meta.dirname, 'responder.c')])
  return program
}
