// Keeps the data path of this node as the cluster asks: builds it anew whenever something changed, writes it, and says which way packets go.
import type { NodeInterface, NodeReport } from '../../../../src/api/node-report.ts'
import { buildDataPath } from '../datapath/build-data-path.ts'
import { createBuildMemory } from '../datapath/build-memory.ts'
import type { DataPath, DesiredDataPath } from '../datapath/data-path.ts'
import type { DesiredService } from '../datapath/desired.ts'
import type { OtherNode } from '../datapath/network-paths.ts'
import type { Obstacle, PreflightScope } from '../datapath/preflight.ts'
import type { AgentClock, AgentLogger, Watched } from '../ports.ts'
import { createDepartures } from './departures.ts'
import type { DeparturesOptions } from './departures.ts'
import type { Drains } from './drains.ts'
import { againAfterMs, createLookout, createScope } from './lookout.ts'
import { isSameNode, otherNodes } from './other-nodes.ts'
import type { PlacedServices } from './placed-services.ts'
import { isBlinding, isSamePath, statedPath, withoutDataPath } from './stated-path.ts'
import type { StatedPath } from './stated-path.ts'
import { usesPods } from './uses-pods.ts'
import type { Verdict } from './verdict.ts'

/** What one change cost. */
export interface AppliedChange {
  /** Service ports that are others than before. */
  readonly changed: number
  readonly services: number
  readonly durationMs: number
}

export interface ForwarderOptions {
  readonly self: string
  readonly placed: PlacedServices
  readonly reports: Watched<NodeReport>
  /** The same array as long as they are the same. */
  readonly interfaces: () => readonly NodeInterface[]
  readonly presenceOf: DeparturesOptions['presenceOf']
  readonly dataPath: DataPath
  readonly drains: Drains
  /** Whether this node announces the address now; `changed` tells of another answer. */
  readonly announces: (address: string) => boolean
  /** The first thing on this node that stands in the way. */
  readonly findObstacle: (scope: PreflightScope) => Promise<Obstacle | undefined>
  readonly clock: AgentClock
  readonly logger: AgentLogger
  /** The way of packets for these addresses is another than it was. */
  readonly onPaths: (addresses: readonly string[]) => void
  readonly onVerdict: (verdict: Verdict) => void
  readonly onApplied: (change: AppliedChange) => void
  readonly onFailed: () => void
}

export interface Forwarder {
  /** Something that it reads changed. */
  changed(): void
  /** Undefined while it is not known. */
  pathOf(address: string): StatedPath | undefined
  /** Whether what can be done about packets for the address is done. */
  isSettled(address: string): boolean
  /** Does nothing any more once this resolves; what stands in the kernel stays. */
  stop(): Promise<void>
}

/** What changes together is built together. */
const pauseMs = 20
/**
 * Between two changes; twice as long as the last one took, if that is more, and never longer than that: meanwhile other nodes may send
 * here what this one knows nothing of yet. A first one takes a second on a busy machine.
 */
const calmMs = 100
const longestCalmMs = 300
const firstRetryMs = 500
const longestRetryMs = 30_000
const nobody: readonly OtherNode[] = []
/** After so many failures in a row this node says that it cannot. */
const patience = 3

export function createForwarder(options: ForwarderOptions): Forwarder {
  const { self, placed, clock, logger, dataPath } = options
  const memory = createBuildMemory()
  const asideMemory = createBuildMemory()
  const isAlive = createDepartures({ presenceOf: options.presenceOf, clock, onOver: () => changed() })
  const lookout = createLookout({ findObstacle: options.findObstacle, clock, logger, onNews: () => changed() })
  const scopeOf = createScope()
  const stopping = new AbortController()
  let desired: DesiredDataPath | undefined
  let others: readonly OtherNode[] = []
  let paths: ReadonlyMap<string, StatedPath> = new Map()
  let isAside = false
  /** The last verdict; undefined: none yet. */
  let told: string | undefined
  let failures = 0
  let quietUntil = clock.monotonic()
  let timer: { readonly at: number; readonly cancel: () => void } | undefined
  let turn: Promise<void> | undefined
  let isDirty = false

  const turnAt = (at: number) => {
    const due = Math.max(at, quietUntil)
    if (stopping.signal.aborted || (timer && timer.at <= due)) return
    timer?.cancel()
    timer = { at: due, cancel: clock.schedule(due - clock.monotonic(), begin) }
  }
  const begin = () => {
    timer = undefined
    if (turn || stopping.signal.aborted) return
    turn = work().finally(() => {
      turn = undefined
      if (isDirty) turnAt(clock.monotonic())
    })
  }
  const work = async () => {
    isDirty = false
    let startedAt = clock.monotonic()
    try {
      const obstacle = await lookout.look(scopeOf(placed, options.interfaces()), failures > 0)
      startedAt = clock.monotonic()
      const hindrance = obstacle && (isBlinding(obstacle) || usesAnyPods()) ? obstacle : undefined
      if (hindrance) await standAside(hindrance, startedAt)
      else await write(startedAt)
      failures = 0
      tell(hindrance)
      turnAt(clock.monotonic() + againAfterMs(obstacle))
    } catch (error) {
      if (stopping.signal.aborted) return
      fail(error)
    }
    const now = clock.monotonic()
    quietUntil = Math.max(quietUntil, now + Math.min(Math.max(calmMs, 2 * (now - startedAt)), longestCalmMs))
  }
  const tell = (by: Obstacle | undefined) => {
    const why = dataPath.shortcutsRefused
    const verdict: Verdict = by
      ? { able: false, obstacle: by }
      : { able: true, ...(why !== undefined && { withoutShortcuts: why }) }
    const text = JSON.stringify(verdict)
    if (text === told) return
    told = text
    if (by) logger.warn(by, 'no data path on this node: kube-proxy carries all traffic')
    else if (why !== undefined) logger.warn({ complaint: why }, 'no shortcuts on this node: open connections go the long way')
    options.onVerdict(verdict)
  }
  const usesAnyPods = () => placed.announcements.values().some(usesPods)
  /** Nothing of ours is in the way of kube-proxy but source ranges, where they can be kept. */
  const standAside = async (by: Obstacle, startedAt: number) => {
    const path = withoutDataPath(self, by)
    const paths = new Map([...placed.announcements.keys()].map(address => [address, path]))
    const view = { self, interfaces: options.interfaces(), others: nobody, services: placed.values(), seed: seedOf(placed) }
    const built = isBlinding(by)
      ? undefined
      : buildDataPath({ ...view, onlySources: true }, desired?.services ?? new Map(), asideMemory).desired
    if (built?.services.values().some(({ sources }) => sources.length > 0)) await bring(built, startedAt)
    else {
      if (desired || by.reason !== 'NftMissing') await dataPath.remove().catch(() => {})
      desired = undefined
    }
    isAside = true
    state(paths)
  }
  const write = async (startedAt: number) => {
    const now = otherNodes(options.reports.values(), self, isAlive)
    if (now.length !== others.length || now.some((node, index) => !isSameNode(node, others[index] ?? node))) others = now
    const { announces, interfaces } = options
    const view = { self, interfaces: interfaces(), others, services: placed.values(), seed: seedOf(placed), announces }
    const built = buildDataPath(view, desired?.services ?? new Map(), memory)
    await bring(built.desired, startedAt)
    isAside = false
    state(new Map([...built.paths].map(([address, choice]) => [address, statedPath(choice, others)])))
  }
  const bring = async (wanted: DesiredDataPath, startedAt: number) => {
    const changed = countChanged(desired?.services ?? new Map(), wanted.services)
    if (!desired || changed > 0 || !isSameFrame(desired, wanted)) {
      const builtMs = Math.round(clock.monotonic() - startedAt)
      await dataPath.apply(wanted, stopping.signal)
      options.drains.follow(desired?.services, wanted.services)
      desired = wanted
      const durationMs = Math.round(clock.monotonic() - startedAt)
      const { services, peers } = desired
      options.onApplied({ changed, services: services.size, durationMs })
      const alive = peers.filter(peer => peer.alive).length
      logger.info({ changed, services: services.size, peers: peers.length, alive, builtMs, durationMs }, 'data path written')
    }
  }
  const state = (now: ReadonlyMap<string, StatedPath>) => {
    const before = paths
    paths = now
    const news = [...now].flatMap(([address, path]) => (isSamePath(path, before.get(address)) ? [] : address))
    const gone = [...before.keys()].filter(address => !now.has(address))
    if (news.length + gone.length > 0) options.onPaths([...news, ...gone])
  }
  const fail = (error: unknown) => {
    failures++
    options.onFailed()
    const message = error instanceof Error ? error.message : String(error)
    const againMs = Math.min(firstRetryMs * 2 ** (failures - 1), longestRetryMs)
    logger.error({ error: message, failures, againMs }, 'the data path could not be written; what was there goes on')
    if (failures === patience) tell({ reason: 'NftRefused', message })
    // The next one is written from the ground.
    quietUntil = clock.monotonic() + againMs
    isDirty = true
    if (failures < patience || desired) return
    const path = withoutDataPath(self, { reason: 'NftRefused', message })
    state(new Map([...placed.announcements.keys()].map(address => [address, path])))
  }
  const changed = () => {
    isDirty = true
    if (!turn) turnAt(clock.monotonic() + pauseMs)
  }
  turnAt(clock.monotonic())
  return {
    changed,
    pathOf: address => paths.get(address),
    isSettled: address => isAside || desired?.services.values().some(service => service.address.text === address) === true,
    async stop() {
      stopping.abort()
      timer?.cancel()
      await turn
    },
  }
}

/** All Announcements say the same; while they do not yet, all nodes choose alike. */
function seedOf({ announcements }: PlacedServices): number {
  let seed: number | undefined
  for (const { spec } of announcements.values())
    if (spec.hashSeed !== undefined) seed = Math.min(seed ?? spec.hashSeed, spec.hashSeed)
  return seed ?? 0
}

function countChanged(before: ReadonlyMap<string, DesiredService>, now: ReadonlyMap<string, DesiredService>): number {
  let changed = 0
  for (const [key, service] of now) if (before.get(key) !== service) changed++
  for (const key of before.keys()) if (!now.has(key)) changed++
  return changed
}

/** Everything but the Services. */
function isSameFrame(one: DesiredDataPath, other: DesiredDataPath): boolean {
  return one.seed === other.seed && one.peers === other.peers && one.interfaces.join() === other.interfaces.join()
}
