// How long nobody answers for an address, as a neutral station sees it that asks all the time.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createInterface } from 'node:readline'
import { parseAddress } from '../../src/model/address.ts'
import type { AgentsOnLan } from '../contract/agents-on-lan.ts'
import { waitFor } from '../lab/waiting.ts'
import type { OwnerSeen } from './ask-all-the-time.ts'

export interface Outage {
  /** The longest time without an answer of anybody. */
  readonly gapMs: number
  /** Who answers now. */
  readonly owner: string
  /** Answers of others after the first of the new owner. */
  readonly duplicates: number
}

export interface Watch extends AsyncDisposable {
  /** Calls `disturb` and waits until another node answers, and a little longer. */
  during(disturb: () => unknown): Promise<Outage>
}

const settleMs = 600
const patienceMs = 20_000

/** Starts to ask. Resolves when somebody answers. */
export async function watchAnswers(world: AgentsOnLan, address: string): Promise<Watch> {
  const { client } = world.lan
  const target = String(Number(parseAddress(address)?.value))
  const program = join(import.meta.dirname, 'ask-all-the-time.ts')
  const words = ['netns', 'exec', client.namespace, process.execPath, program, String(client.index), client.mac, target]
  const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const seen: OwnerSeen[] = []
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by ask-all-the-time.ts
  createInterface(child.stdout).on('line', line => void seen.push(JSON.parse(line) as OwnerSeen))
  const until = (count: number) =>
    waitFor(() => seen.length >= count, { what: `another node to answer for ${address}`, timeoutMs: patienceMs, everyMs: 10 })
  await until(1)
  return {
    async during(disturb) {
      const before = seen.length
      const disturbed = disturb()
      await until(before + 1)
      await disturbed
      await sleep(settleMs)
      const changes = seen.slice(before)
      const owner = changes.at(-1)?.mac
      const first = changes.findIndex(({ mac }) => mac === owner)
      // Each line tells how often the one of the line before answered.
      const others = changes.slice(first + 1).filter((_, index) => changes[first + index]?.mac !== owner)
      return {
        gapMs: Math.max(...changes.map(({ gapMs }) => gapMs)),
        owner: world.nodeOf(owner) ?? '',
        duplicates: others.reduce((sum, { formerAnswers }) => sum + formerAnswers, 0),
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
