// A simulated world for tests of the agent: several nodes on one LAN, an API server with compare-and-swap, and all that can go wrong.
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcedFinalizer } from '../../../src/api/group.ts'
import { announcementName, parseAddress } from '../../../src/model/address.ts'
import { holdsMac, parseMac } from './announcer/mac.ts'
import { createAgent } from './agent.ts'
import type { Agent } from './agent.ts'
import { hostHeartbeats } from './heartbeat/hosted-under-test.ts'
import type { HostedHeartbeats } from './heartbeat/hosted-under-test.ts'
import type { NodeLease } from './liveness.ts'
import type { AddressKey } from './announcer/address-key.ts'
import { cacheOf } from './cache-under-test.ts'
import type { AgentClock, Change } from './ports.ts'

export const leaseDurationMs = 10_000
const renewMs = 3000
const networkMs = 5
/** Until the announcer does what it was told. A withdrawal takes longer than a whole takeover, so that not waiting for it shows. */
const announceMs = 2
const withdrawMs = 80
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

type Stored = Announcement & { metadata: { resourceVersion: string } }
type Event = ({ readonly kind: 'announcement' } & Change<Announcement>) | ({ readonly kind: 'lease' } & Change<NodeLease>)

/** One node and the agent process on it. Everything may be called at any time and in any order. */
export interface SimulatedNode {
  readonly name: string
  readonly running: boolean
  /** The addresses that are answered for from here. A stopped process answers nothing, but thinks it does. */
  readonly answers: ReadonlySet<AddressKey>
  start(): void
  /** As by SIGKILL. */
  crash(): void
  /** As by SIGTERM. */
  leave(): Promise<void>
  /** As by SIGSTOP and SIGCONT. */
  pause(): void
  resume(): void
  /** Takes the API server away from this node, and gives it back. The LAN stays. */
  cut(): void
  restore(): void
  /** Behind a switch that died the carrier stays. */
  link(up: boolean, carrier?: boolean): void
  /** Its wall clock is wrong by so much from now on. */
  setClock(wrongByMs: number): void
}

/** Time that moves only when the test says so. */
export interface SimulatedTime extends AgentClock {
  advance(ms: number): Promise<void>
}

export interface World {
  readonly nodes: readonly SimulatedNode[]
  readonly clock: SimulatedTime
  /** The controller writes the candidates of an address, making the Announcement when there is none. */
  plan(address: string, candidates: readonly string[]): void
  remove(address: string): void
  /** Somebody deletes it by hand and takes the finalizer off, whoever announces it. */
  removeByForce(address: string): void
  get(address: string): Announcement | undefined
  /** Claims by which a living, reachable candidate lost an address: there must be none. */
  readonly robberies: readonly string[]
}

export interface WorldOptions {
  /** Whether the nodes send heartbeats. */
  readonly heartbeats?: boolean
}

export function makeWorld(names: readonly string[], clock: SimulatedTime, options: WorldOptions = {}): World {
  const objects = new Map<string, Stored>()
  const leases = new Map<string, NodeLease>()
  const watchers = new Set<(event: Event) => void>()
  const robberies: string[] = []
  let version = 0
  let lastRandom = 0n

  const publish = (event: Event) => {
    for (const watcher of watchers) watcher(event)
  }
  const store = (object: Announcement) => {
    const next: Stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } }
    const old = objects.get(object.metadata.name)
    if (next.metadata.deletionTimestamp !== undefined && !next.metadata.finalizers?.length) {
      objects.delete(object.metadata.name)
      publish({ kind: 'announcement', type: 'deleted', old: next })
    } else {
      objects.set(object.metadata.name, next)
      publish(
        old
          ? { kind: 'announcement', type: 'updated', object: next, old }
          : { kind: 'announcement', type: 'added', object: next },
      )
    }
    return next
  }
  const renewedAt = new Map<string, number>()
  const putLease = (lease: NodeLease) => {
    renewedAt.set(lease.metadata.name, clock.monotonic())
    leases.set(lease.metadata.name, lease)
    publish({ kind: 'lease', type: 'updated', object: lease })
  }
  const swap = (seen: Announcement, change: (old: Stored) => Announcement): Announcement | undefined => {
    const old = objects.get(seen.metadata.name)
    if (!old || old.metadata.uid !== seen.metadata.uid || old.metadata.resourceVersion !== seen.metadata.resourceVersion)
      return undefined
    const next = change(old)
    const [before, after] = [old.status?.node ?? '', next.status?.node ?? '']
    const owner = nodes.find(({ name }) => name === before)
    // Of two claims of one epoch, made in the same moment by different lists of candidates, the better one is written in the end.
    const isTie = old.status?.epoch === next.status?.epoch
    const isRobbed = !isTie && owner?.isSound() && !owner.hasGivenUp(old.spec.address) && old.spec.nodes.includes(before)
    if (after !== '' && after !== before && isRobbed) {
      robberies.push(`${after} took ${old.spec.address} from ${before} at ${clock.monotonic()} ms`)
    }
    return store(next)
  }

  const makeNode = (name: string, position: number) => {
    let agent: Agent | undefined
    let generation = 0
    let paused = false
    let isCut = false
    let linkUp = true
    let carrier = true
    let wrongByMs = 0
    const wallClock = () => clock.now() + wrongByMs
    let unsoundUntil = 0
    let answers = new Set<AddressKey>()
    /** Given up by heartbeat, which the status need not know yet. */
    const givenUp = new Set<AddressKey>()
    let whenResumed: (() => void)[] = []
    let whenRestored: (() => void)[] = []
    const mac = `02:00:00:00:01:0${position}`
    const interfaces = () => [{ name: 'eth0', index: 2, mac, carrier, addresses: [`10.201.0.${position + 1}/16`] }]

    /** Runs in the process that is there now: later when it is stopped, never when it died. */
    const inProcess = (run: () => void) => {
      const mine = generation
      return () => {
        if (generation !== mine || !agent) return
        if (paused) whenResumed.push(inProcess(run))
        else run()
      }
    }
    const deliver = (run: () => void) => {
      const arrive = () => {
        if (isCut) whenRestored.push(arrive)
        else run()
      }
      clock.schedule(networkMs, arrive)
    }
    const request = <T>(act: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        // The answer is for the process that asked: one started since must not go on with what a dead one began.
        const asking = generation
        const answer = (settle: () => void) =>
          clock.schedule(
            networkMs,
            inProcess(() => generation === asking && settle()),
          )
        clock.schedule(networkMs, () => {
          if (isCut) {
            answer(() => reject(new Error('unreachable')))
            return
          }
          const result = act()
          answer(() => (isCut ? reject(new Error('the answer was lost')) : resolve(result)))
        })
      })
    const shout = (addresses: Iterable<AddressKey>) => {
      if (!linkUp) return
      for (const address of addresses) for (const other of nodes) if (other.name !== name) other.hearOf(address, mac)
    }

    const obey = async (earlier: Promise<void>, next: Set<AddressKey>) => {
      await earlier
      const ms = next.size < answers.size ? withdrawMs : announceMs
      await new Promise<void>(resolve => clock.schedule(ms, inProcess(resolve)))
      const added = [...next].filter(each => !answers.has(each))
      for (const each of added) givenUp.delete(each)
      answers = next
      shout(added)
    }
    const start = () => {
      if (agent) return
      generation++
      const mine = generation
      const announcements = cacheOf<Announcement>(
        () => objects.values(),
        ({ metadata }) => metadata.name,
      )
      const seenLeases = cacheOf(
        () => leases.values(),
        ({ metadata }: NodeLease) => metadata.name,
      )
      let lastRenewal: number | undefined
      let orders = Promise.resolve()
      const wake = (key: string, afterMs = 0) => {
        clock.schedule(
          Math.max(afterMs, 1),
          inProcess(() => {
            agent?.reconcile(key, new AbortController().signal).catch(() => wake(key, 500))
          }),
        )
      }
      const heartbeats = options.heartbeats && startHeartbeats()
      const fresh = (agent = createAgent({
        self: name,
        ...(heartbeats && { heartbeats }),
        announcements: announcements.watched,
        leases: seenLeases.watched,
        announcer: {
          set(_on, addresses) {
            // One after the other, as orders reach the worker.
            orders = obey(orders, new Set(addresses))
            return orders
          },
          async repeat(_interface, addresses) {
            shout(addresses)
          },
          async defend(_interface, addresses) {
            shout(addresses)
          },
        },
        writer: {
          patchStatus: (seen, status) =>
            request(() => swap(seen, old => ({ ...old, status: merged({ epoch: 0, node: '', ...old.status }, status) }))),
          setFinalizers: (seen, finalizers) =>
            request(() => swap(seen, old => ({ ...old, metadata: { ...old.metadata, finalizers } }))),
        },
        lastRenewal: () => lastRenewal,
        leaseDurationMs,
        wake,
        clock: {
          now: wallClock,
          monotonic: () => clock.monotonic(),
          schedule: (ms, run) => clock.schedule(ms, inProcess(run)),
        },
        logger: silent,
      }))
      const watch = (event: Event) => {
        if (generation !== mine) return
        deliver(
          inProcess(() => {
            if (event.kind === 'lease') seenLeases.take(event)
            else announcements.take(event)
          }),
        )
      }
      watchers.add(watch)
      const renew = inProcess(() => {
        const startedAt = clock.monotonic()
        if (leaving) return
        request(() => putLease(leaseOf(name, name, wallClock()))).then(
          () => void (lastRenewal = startedAt),
          () => {},
        )
        clock.schedule(renewMs, renew)
      })
      leaving = false
      renew()
      fresh.useInterfaces(interfaces())
    }
    const startHeartbeats = () => {
      hosted = hostHeartbeats({
        self: name,
        clock,
        inProcess,
        random: () => ++lastRandom,
        send(frame) {
          if (linkUp) for (const other of nodes) if (other.name !== name) other.hearFrame(frame)
        },
        withdraw(address, willingly) {
          if (willingly) givenUp.add(numberOf(address))
          answers = new Set([...answers].filter(each => each !== numberOf(address)))
        },
      })
      return hosted.heartbeats
    }
    let hosted: HostedHeartbeats | undefined
    let leaving = false
    const die = () => {
      agent = undefined
      hosted?.end()
      hosted = undefined
      generation++
      answers = new Set()
      whenResumed = []
      paused = false
      unsoundUntil = Number.POSITIVE_INFINITY
    }
    const recovered = () => {
      if (agent && !paused && !isCut && linkUp) unsoundUntil = clock.monotonic() + 1.5 * leaseDurationMs
    }
    const node = {
      name,
      get running() {
        return agent !== undefined
      },
      get answers(): ReadonlySet<AddressKey> {
        return agent && !paused && linkUp ? answers : new Set<AddressKey>()
      },
      /** Whether nothing was wrong with it for long enough that nobody may take it for dead. */
      hasGivenUp: (address: string) => givenUp.has(numberOf(address)),
      isSound: () => agent !== undefined && !paused && !isCut && linkUp && clock.monotonic() >= unsoundUntil,
      hearOf: (address: AddressKey, from: string) => {
        inProcess(() => {
          if (answers.has(address) && linkUp) agent?.meetConflict({ interface: 'eth0', address, mac: from })
        })()
      },
      hearFrame: (frame: Uint8Array) => {
        const own = parseMac(mac) ?? new Uint8Array(6)
        if (frame[0] !== 255 && !holdsMac(frame, 0, own)) return
        const arrive = inProcess(() => linkUp && hosted?.receive(frame))
        clock.schedule(1, arrive)
      },
      start() {
        start()
        recovered()
      },
      crash: die,
      async leave() {
        const leavingAgent = agent
        if (!leavingAgent || paused) return
        leaving = true
        unsoundUntil = Number.POSITIVE_INFINITY
        await leavingAgent.withdraw()
        request(() => putLease(leaseOf(name, '', wallClock()))).catch(() => {})
        await Promise.all(
          leavingAgent.owned().map(each => leavingAgent.reconcile(each, new AbortController().signal).catch(() => {})),
        )
        if (agent === leavingAgent) die()
      },
      pause() {
        if (agent) paused = true
      },
      resume() {
        paused = false
        recovered()
        for (const run of whenResumed.splice(0)) run()
      },
      cut() {
        isCut = true
      },
      restore() {
        isCut = false
        recovered()
        for (const run of whenRestored.splice(0)) run()
      },
      setClock: (byMs: number) => void (wrongByMs = byMs),
      link(up: boolean, hasCarrier = up) {
        linkUp = up
        carrier = hasCarrier
        recovered()
        inProcess(() => agent?.useInterfaces(interfaces()))()
      },
    }
    return node
  }
  const nodes = names.map(makeNode)

  /** The controller's part in deletion: nobody owns it, or the owner is dead. */
  const confirmForTheDead = () => {
    for (const object of objects.values()) {
      const lease = leases.get(object.status?.node ?? '')
      const silentMs = clock.monotonic() - (renewedAt.get(object.status?.node ?? '') ?? Number.NEGATIVE_INFINITY)
      const isDead = !lease?.spec?.holderIdentity || silentMs > leaseDurationMs
      if (object.metadata.deletionTimestamp !== undefined && isDead)
        store({ ...object, metadata: { ...object.metadata, finalizers: [] } })
    }
    clock.schedule(1000, confirmForTheDead)
  }
  confirmForTheDead()

  return {
    nodes,
    clock,
    robberies,
    plan(address, candidates) {
      const name = nameOf(address)
      const old = objects.get(name)
      if (old?.metadata.deletionTimestamp !== undefined) return
      const spec = { address, pool: 'office', services: [], nodes: [...candidates] }
      const metadata = { name, uid: `uid-${++version}`, finalizers: [announcedFinalizer] }
      store(old ? { ...old, spec } : { apiVersion: 'weir.dev/v1alpha1', kind: 'Announcement', metadata, spec })
    },
    remove(address) {
      const old = objects.get(nameOf(address))
      if (old) store({ ...old, metadata: { ...old.metadata, deletionTimestamp: 'now' } })
    },
    removeByForce(address) {
      const old = objects.get(nameOf(address))
      if (old) store({ ...old, metadata: { ...old.metadata, deletionTimestamp: 'now', finalizers: [] } })
    },
    get: address => objects.get(nameOf(address)),
  }
}

export function numberOf(address: string): number {
  return Number(parseAddress(address)?.value)
}

function nameOf(address: string): string {
  const parsed = parseAddress(address)
  if (!parsed) throw new Error(`${address} is no address`)
  return announcementName(parsed)
}

function leaseOf(node: string, holder: string, nowMs: number): NodeLease {
  return {
    metadata: { name: node, uid: node },
    spec: { holderIdentity: holder, leaseDurationSeconds: leaseDurationMs / 1000, renewTime: new Date(nowMs).toISOString() },
  }
}

/** RFC 7386 for a flat object. */
function merged<T extends object>(old: T, patch: Readonly<Record<string, unknown>>): T {
  const next = { ...old, ...patch }
  for (const [field, value] of Object.entries(patch)) if (value === null) Reflect.deleteProperty(next, field)
  return next
}
