// The heartbeats as the agent on the main thread sees them: what it plans goes to the worker in batches, what happens there is remembered.
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import { parseMac } from '../announcer/mac.ts'
import type { Claim, ClaimTime } from './claims.ts'
import type { AddressPlan, ElectionReason } from './contest.ts'
import type { ElectionEvent } from './election.ts'
import type { HeartbeatCounts, HeartbeatOrder, HeartbeatReport } from './host.ts'

/** A segment of this node. */
export interface HeartbeatPlace {
  readonly name: string
  readonly index: number
  /** As `02:00:5e:10:00:01`. */
  readonly mac: string
}

/** What the heartbeats say of one address. */
export interface Standing {
  /** Who gets it is decided by heartbeats: all candidates are heard on the segment, or dead. Else by the API server. */
  readonly elects: boolean
  /** This node has it. */
  readonly own: (ClaimTime & { readonly reason: ElectionReason }) | undefined
  /** This node had it by that claim and gave it up, whatever the status still says. */
  readonly released?: ClaimTime | undefined
  /** Another node has or had it, by this claim. */
  readonly owner: Claim | undefined
}

/** Who is told of changes. */
export interface HeartbeatListener {
  /** The standing of an address changed. */
  readonly onStanding: (address: string) => void
  /** A node came or went on a segment. */
  readonly onLife: (interfaceName: string, node: string, alive: boolean) => void
}

/** What the agent uses. */
export interface HeartbeatPort {
  subscribe(listener: HeartbeatListener): void
  /** Undefined when there are no heartbeats for the address. */
  standing(address: string): Standing | undefined
  /** Whether the node lives, by its heartbeats on the interface; undefined when it was never heard there. */
  lives(interfaceName: string, node: string): boolean | undefined
  /** Whether it said goodbye there and was not heard since. */
  hasLeft(interfaceName: string, node: string): boolean
  /** `on` undefined: there is no interface for it now; it stays where it was planned until it is forgotten. */
  plan(plan: AddressPlan, on: HeartbeatPlace | undefined): void
  forget(address: string): void
  /** Gives it up: it is answered no more, and whoever comes next hears so in the same moment. */
  release(address: string): void
  useLease(node: string, alive: boolean): void
  /** Says goodbye on all segments: what is not released yet is free for others now. */
  end(): Promise<void>
}

export interface HeartbeatsOptions {
  readonly self: string
  /** To the worker; resolves when it is done. */
  readonly tell: (order: HeartbeatOrder) => Promise<void>
  /** The address of an owner that died was taken here, so long after that was heard last. */
  readonly onTakeover?: (silentMs: number) => void
  readonly onTrouble?: (trouble: Extract<HeartbeatReport, { kind: 'trouble' | 'recovered' }>) => void
  /** Runs later in the same turn of the event loop; setImmediate does. */
  readonly soon: (run: () => void) => void
}

export interface Heartbeats extends HeartbeatPort {
  /** What the worker tells. */
  hear(report: HeartbeatReport): void
  /** Without keys there are no heartbeats. */
  useKeys(keys: HeartbeatKeys | undefined): void
  counts(): ReadonlyMap<string, HeartbeatCounts>
}

interface Known {
  on: HeartbeatPlace
  mark: string
  standing: Standing
}

const nothingYet: Standing = { elects: false, own: undefined, owner: undefined }

export function createHeartbeats({ self, tell, onTakeover, onTrouble, soon }: HeartbeatsOptions): Heartbeats {
  const addresses = new Map<string, Known>()
  const places = new Map<string, HeartbeatPlace>()
  const life = new Map<string, Map<string, boolean>>()
  /** `interface node`. */
  const left = new Set<string>()
  const leases = new Map<string, boolean>()
  const counts = new Map<string, HeartbeatCounts>()
  let plans = new Map<string, Map<string, AddressPlan>>()
  let releases = new Map<string, string[]>()
  let changedLeases = new Map<string, boolean>()
  let isFlushing = false
  let listener: HeartbeatListener | undefined
  let keys: HeartbeatKeys | undefined

  // That the worker is gone is told by the announcer, and ends the agent.
  const order = (one: HeartbeatOrder) => void tell(one).catch(() => {})
  const flush = () => {
    isFlushing = false
    if (changedLeases.size > 0) order({ kind: 'leases', alive: [...changedLeases] })
    for (const [name, batch] of plans) order({ kind: 'plan', interface: name, plans: [...batch.values()] })
    changedLeases = new Map()
    for (const [name, released] of releases) order({ kind: 'release', interface: name, addresses: released })
    plans = new Map()
    releases = new Map()
  }
  const flushSoon = () => {
    if (isFlushing) return
    isFlushing = true
    soon(flush)
  }
  const open = (on: HeartbeatPlace) => {
    const old = places.get(on.name)
    if (old?.index === on.index && old.mac === on.mac) return
    const mac = parseMac(on.mac)
    if (!mac) return
    places.set(on.name, on)
    order({ kind: 'open', self, place: { name: on.name, index: on.index, mac } })
  }
  const forget = (address: string) => {
    const known = addresses.get(address)
    if (!known) return
    addresses.delete(address)
    plans.get(known.on.name)?.delete(address)
    order({ kind: 'forget', interface: known.on.name, addresses: [address] })
  }
  const take = (name: string, event: ElectionEvent) => {
    if (event.kind === 'peer') {
      const nodes = life.get(name) ?? new Map<string, boolean>()
      life.set(name, nodes.set(event.node, event.alive))
      if (event.left) left.add(`${name} ${event.node}`)
      else left.delete(`${name} ${event.node}`)
      listener?.onLife(name, event.node, event.alive)
      return
    }
    if (event.kind === 'peer-forgotten') {
      life.get(name)?.delete(event.node)
      left.delete(`${name} ${event.node}`)
      return
    }
    if (event.kind === 'paused') return
    if (event.kind === 'own' && event.silentMs !== undefined) onTakeover?.(event.silentMs)
    const known = addresses.get(event.address)
    if (known?.on.name !== name) return
    const { standing } = known
    if (event.kind === 'own') {
      known.standing = { elects: true, own: { ...event.claim, reason: event.reason }, owner: undefined }
    } else if (event.kind === 'lose') known.standing = { ...standing, own: undefined, owner: event.to }
    else if (event.kind === 'let-go') {
      known.standing = { ...standing, own: undefined, released: standing.own ?? standing.released }
    } else known.standing = { ...standing, elects: event.elects, owner: standing.own ? undefined : event.owner }
    listener?.onStanding(event.address)
  }
  return {
    subscribe: next => void (listener = next),
    standing: address => (keys ? addresses.get(address)?.standing : undefined),
    hasLeft: (name, node) => left.has(`${name} ${node}`),
    lives: (name, node) => (keys ? life.get(name)?.get(node) : undefined),
    plan(plan, place) {
      const old = addresses.get(plan.address)
      const on = place ?? old?.on
      if (!on) return
      const mark = JSON.stringify([on, plan])
      if (old?.mark === mark) return
      if (old && old.on.name !== on.name) forget(plan.address)
      if (place) open(place)
      const standing = old?.on.name === on.name ? old.standing : nothingYet
      // The claim of an accepted write is ours without an event.
      const held = plan.holds === undefined ? undefined : { term: plan.term, epoch: plan.holds, reason: 'Vacant' as const }
      const own = standing.own ?? held
      addresses.set(plan.address, { on, mark, standing: { ...standing, own } })
      // What is held becomes ours here at once, so the worker has to know of it, even when the next plan says that it is lost.
      const waiting = plans.get(on.name)?.get(plan.address)
      const isReleased = releases.get(on.name)?.includes(plan.address) === true
      if (plan.holds === undefined ? waiting?.holds !== undefined : isReleased) flush()
      const batch = plans.get(on.name) ?? new Map<string, AddressPlan>()
      plans.set(on.name, batch.set(plan.address, plan))
      flushSoon()
    },
    forget,
    release(address) {
      const known = addresses.get(address)
      if (!known?.standing.own) return
      known.standing = { ...known.standing, own: undefined, released: known.standing.own }
      const released = releases.get(known.on.name) ?? []
      releases.set(known.on.name, released)
      released.push(address)
      flushSoon()
    },
    useLease(node, alive) {
      if (leases.get(node) === alive) return
      leases.set(node, alive)
      changedLeases.set(node, alive)
      flushSoon()
    },
    hear(report) {
      if (report.kind === 'events') for (const event of report.events) take(report.interface, event)
      else if (report.kind === 'counts') counts.set(report.interface, report.counts)
      else onTrouble?.(report)
    },
    useKeys(next) {
      keys = next
      order({ kind: 'keys', keys })
      for (const address of addresses.keys()) listener?.onStanding(address)
    },
    counts: () => counts,
    async end() {
      flush()
      await tell({ kind: 'end' })
    },
  }
}
