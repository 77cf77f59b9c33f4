// A simulated segment for tests: elections of several nodes that hear each other as the test says, under time that it moves.
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import { holdsMac } from '../announcer/mac.ts'
import type { AddressPlan } from './contest.ts'
import { createElection } from './election.ts'
import type { Election, ElectionEvent, HeartbeatCount } from './election.ts'

export const keyOne: HeartbeatKeys = { current: 1, keys: [{ id: 1, secret: new Uint8Array(32).fill(1) }] }

export interface SimulatedStation {
  readonly name: string
  readonly isRunning: boolean
  readonly isPaused: boolean
  /** What it announces. */
  readonly owned: ReadonlySet<string>
  readonly events: readonly ElectionEvent[]
  readonly counts: ReadonlyMap<HeartbeatCount, number>
  /** Frames sent, for tests that repeat them. */
  readonly sent: readonly Uint8Array[]
  start(): void
  crash(): void
  leave(): void
  pause(): void
  resume(): void
  useKeys(keys: HeartbeatKeys | undefined): void
  hear(frame: Uint8Array): void
}

export interface SimulatedSegment {
  readonly nowMs: number
  readonly stations: readonly SimulatedStation[]
  station(name: string): SimulatedStation
  /** What the API server says; who is cut off from it learns it when `restore` is called. */
  plan(address: string, candidates: readonly string[]): void
  /** From these, or from everybody when none are named. */
  cutApi(...stations: readonly string[]): void
  restoreApi(): void
  /** Frames pass only inside each group; no groups: everywhere. */
  partition(...groups: readonly (readonly string[])[]): void
  /** Loses this part of all frames. */
  lose(part: number): void
  owners(address: string): readonly string[]
  candidates(address: string): readonly string[]
  /** As the API server has it. */
  status(address: string): { readonly epoch: number; readonly node: string } | undefined
  advance(ms: number, everyMs?: (nowMs: number) => void): void
  /** How often an address went to another owner though its owner lived and could be heard. */
  readonly moves: ReadonlyMap<string, number>
}

const latencyMs = 1
const withdrawMs = 3

/** `seed` makes what is random. */
export function makeSegment(names: readonly string[], seed = 1): SimulatedSegment {
  let now = 0
  let order = 0
  let state = seed >>> 0 || 1
  const random = () => {
    // xorshift32 (Marsaglia 2003): the same story for the same seed.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
  let queue: { readonly at: number; readonly order: number; readonly run: () => void }[] = []
  const plans = new Map<string, readonly string[]>()
  const status = new Map<string, { epoch: number; node: string }>()
  const moves = new Map<string, number>()
  let groups: readonly (readonly string[])[] = []
  let cutOff: ReadonlySet<string> = new Set()
  const apiIsAway = () => cutOff.size === names.length
  let lossPart = 0
  const later = (ms: number, run: () => void) => queue.push({ at: now + ms, order: order++, run })
  const hears = (one: string, other: string) =>
    groups.length === 0 || groups.some(group => group.includes(one) && group.includes(other))

  const makeStation = (name: string, position: number) => {
    const mac = Uint8Array.of(2, 0, 0, 0, 1, position)
    let election: Election | undefined
    let isPaused = false
    let keys: HeartbeatKeys | undefined = keyOne
    let heard: Uint8Array[] = []
    let owned = new Set<string>()
    let generation = 0
    const events: ElectionEvent[] = []
    const counts = new Map<HeartbeatCount, number>()
    const sent: Uint8Array[] = []

    const write = (address: string, epoch: number) => {
      if (cutOff.has(name)) {
        later(500, () => owned.has(address) && write(address, epoch))
        return
      }
      const old = status.get(address) ?? { epoch: 0, node: '' }
      if (old.epoch > epoch || (old.epoch === epoch && old.node === name)) return
      status.set(address, { epoch, node: name })
      for (const each of stations) each.follow(address)
    }
    const tell = (event: ElectionEvent) => {
      events.push(event)
      const mine = generation
      if (event.kind === 'own') {
        owned.add(event.address)
        moves.set(event.address, (moves.get(event.address) ?? 0) + 1)
        later(20, () => generation === mine && write(event.address, event.claim.epoch))
      } else if (event.kind === 'lose' || event.kind === 'let-go') owned.delete(event.address)
    }
    const planOf = (address: string): AddressPlan => {
      const known = status.get(address)
      return { address, candidates: plans.get(address) ?? [], able: true, term: 0, ...(known && { known }) }
    }
    const station = {
      name,
      mac,
      events,
      counts,
      sent,
      get isRunning() {
        return election !== undefined
      },
      get isPaused() {
        return isPaused
      },
      get owned(): ReadonlySet<string> {
        return owned
      },
      start() {
        if (election || cutOff.has(name)) return
        generation++
        election = createElection({
          self: name,
          mac,
          keys,
          random: () => BigInt(Math.floor(random() * 2 ** 52)) + 1n,
          tell,
          count: what => void counts.set(what, (counts.get(what) ?? 0) + 1),
          send: frame => {
            sent.push(frame)
            for (const other of stations) {
              const isFor = holdsMac(frame, 0, other.mac) || frame[0] === 255
              if (other.name !== name && isFor && hears(name, other.name) && random() >= lossPart)
                later(latencyMs, () => other.hear(frame))
            }
          },
        })
        for (const other of names) election.useLease(other, true, now)
        election.plan([...plans.keys()].map(planOf), now)
      },
      crash() {
        election = undefined
        isPaused = false
        heard = []
        owned = new Set()
        generation++
      },
      leave() {
        if (isPaused || !election) return
        const ending = election
        owned = new Set()
        later(withdrawMs, () => {
          if (election !== ending) return
          ending.end(now)
          station.crash()
        })
      },
      pause() {
        isPaused = election !== undefined
      },
      resume() {
        isPaused = false
        for (const frame of heard.splice(0)) election?.receive(frame, now)
      },
      useKeys(next: HeartbeatKeys | undefined) {
        keys = next
        election?.useKeys(next, now)
      },
      hear(frame: Uint8Array) {
        if (!election) return
        if (isPaused) heard.push(frame)
        else election.receive(frame, now)
      },
      follow(address: string) {
        const plan = planOf(address)
        later(5, () => {
          if (!cutOff.has(name)) election?.plan([plan], now)
        })
      },
      relist() {
        election?.plan([...plans.keys()].map(planOf), now)
      },
      /** The Lease of a node that does not run ends after a while. */
      judgeLeases() {
        if (cutOff.has(name)) return
        for (const other of stations) election?.useLease(other.name, other.isRunning && !cutOff.has(other.name), now)
      },
      turn() {
        if (election && !isPaused && election.nextDue <= now) election.work(now)
      },
      get due() {
        return election && !isPaused ? election.nextDue : Number.POSITIVE_INFINITY
      },
      get mayAnswer() {
        return election !== undefined && !isPaused && now >= election.listenUntil
      },
    }
    return station
  }
  const stations = names.map(makeStation)
  const judgeLeases = () => {
    for (const station of stations) station.judgeLeases()
    later(10_000, judgeLeases)
  }
  judgeLeases()

  return {
    get nowMs() {
      return now
    },
    stations,
    moves,
    station(name) {
      const found = stations.find(each => each.name === name)
      if (!found) throw new Error(`no station ${name}`)
      return found
    },
    plan(address, candidates) {
      if (apiIsAway()) return
      plans.set(address, candidates)
      for (const station of stations) station.follow(address)
    },
    cutApi: (...who) => void (cutOff = new Set(who.length > 0 ? who : names)),
    restoreApi() {
      cutOff = new Set()
      for (const station of stations) station.relist()
    },
    partition: (...next) => void (groups = next),
    lose: part => void (lossPart = part),
    owners: address => stations.filter(each => each.owned.has(address) && each.mayAnswer).map(({ name }) => name),
    candidates: address => plans.get(address) ?? [],
    status: address => status.get(address),
    advance(ms, every) {
      const target = now + ms
      while (now < target) {
        const next = Math.min(...queue.map(({ at }) => at), ...stations.map(({ due }) => due))
        now = Math.min(Math.max(next, now), target)
        const due = queue.filter(({ at }) => at <= now).toSorted((one, other) => one.at - other.at || one.order - other.order)
        queue = queue.filter(({ at }) => at > now)
        for (const { run } of due) run()
        for (const station of stations) station.turn()
        every?.(now)
        if (next > target) return
      }
    },
  }
}
