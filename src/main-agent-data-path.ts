// The data path within the agent: there for as long as some address has pod targets, and costing nothing otherwise.
import type { Agent } from '../providers/local/agent/agent.ts'
import type { View } from '../providers/local/agent/decide.ts'
import { isBlinding, withoutDataPath } from '../providers/local/agent/forwarding/stated-path.ts'
import type { Forwarding } from '../providers/local/agent/forwarding/start.ts'
import { keepsFence, usesPods } from '../providers/local/agent/forwarding/uses-pods.ts'
import { dataPathCondition } from '../providers/local/agent/forwarding/verdict.ts'
import type { DataPathReport, Verdict } from '../providers/local/agent/forwarding/verdict.ts'
import type { InterfaceWatch } from '../providers/local/agent/interface-watch.ts'
import type { Announcement } from './api/announcement.ts'
import type { Store } from './kubernetes/store.ts'
import type { watchPodTargets } from './main-agent-pod-watches.ts'
import type { WatchOptions } from './main-agent-watches.ts'
import type { DataPathMetrics } from './observability/data-path-metrics.ts'

export interface PodTargetsOptions extends WatchOptions {
  /** Synced. */
  readonly announcements: Store<Announcement>
  readonly interfaces: () => InterfaceWatch | undefined
  readonly agent: () => Agent | undefined
  readonly metrics: () => DataPathMetrics
  /** What the NodeReport is to say is another. */
  readonly onReport: () => void
}

export interface PodTargets extends AsyncDisposable {
  pathOf(announcement: Announcement): View['path']
  /** Whether its source ranges are not kept here yet, though they soon will be. */
  awaitsFence(announcement: Announcement): boolean
  /** Nodes, interfaces or what is announced from here are others than they were. */
  changed(): void
  readonly report: DataPathReport | undefined
}

/** `fences`: addresses with node targets and source ranges only; pods are of no interest then, nor other nodes. */
type Scope = 'nothing' | 'fences' | 'pods'

const retryMs = 10_000
/** An address is not kept from its clients for longer than this because its source ranges cannot be kept. */
const fencePatienceMs = 5000

export function followPodTargets(options: PodTargetsOptions): PodTargets {
  const { announcements, clock, log, node } = options
  /** Their addresses by the names of their Announcements. */
  const wanting = new Map<string, string>()
  const fenced = new Map<string, { readonly address: string; readonly since: number }>()
  const stopping = new AbortController()
  let scope: Scope = 'nothing'
  let forwarding: Forwarding | undefined
  let watches: ReturnType<typeof watchPodTargets> | undefined
  let verdict: Verdict | undefined
  let work: Promise<void> | undefined
  /** What an earlier agent left may stand there. */
  let isClean = false

  const wanted = (): Scope => (wanting.size > 0 ? 'pods' : fenced.size > 0 ? 'fences' : 'nothing')
  const begin = async (wider: Exclude<Scope, 'nothing'>) => {
    log.info({ scope: wider }, 'an address has pod targets or source ranges: the data path begins')
    const [{ startForwarding }, { watchPodTargets: follow }] = await Promise.all([
      import('../providers/local/agent/forwarding/start.ts'),
      import('./main-agent-pod-watches.ts'),
    ])
    if (scope !== wider) await pause()
    scope = wider
    const found = (watches ??= follow({ ...options, condition: dataPathCondition, pods: wider === 'pods' }))
    const ended = new Promise<void>(resolve => stopping.signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([found.synced, ended])
    if (stopping.signal.aborted) return
    forwarding = startForwarding({
      self: node,
      announcements,
      services: found.services,
      slices: found.slices,
      reports: found.reports,
      interfaces: () => options.interfaces()?.interfaces ?? [],
      announces: address => options.agent()?.announces(address) === true,
      presenceOf: name => options.agent()?.presenceOf(name) ?? 'dead',
      clock,
      logger: log,
      onPaths: addresses => options.agent()?.restatePaths(addresses),
      onVerdict(now) {
        verdict = now
        options.onReport()
      },
      onApplied: change => options.metrics().applied(change),
      onFailed: () => options.metrics().failed(),
      onTransaction: transaction => options.metrics().transaction(transaction),
    })
  }
  /** What stands in the kernel stays for who begins anew. */
  const pause = async () => {
    await forwarding?.stop()
    forwarding = undefined
    await watches?.stop()
    watches = undefined
    verdict = undefined
  }
  const end = async () => {
    await forwarding?.remove()
    await pause()
    scope = 'nothing'
    options.metrics().applied({ changed: 0, services: 0, durationMs: 0 })
    options.onReport()
    log.info({}, 'no address has pod targets or source ranges any more: the data path is removed')
  }
  const clean = async () => {
    isClean = true
    const { uninstallDataPath } = await import('../providers/local/agent/forwarding/uninstall.ts')
    const done = await uninstallDataPath().catch((error: unknown) => log.debug({ error }, 'no data path could be looked for'))
    if (done === 'removed') log.info({}, 'removed the data path of an earlier time')
  }
  const isSettled = () => {
    const want = wanted()
    if (want === 'nothing') return scope === 'nothing' && watches === undefined && isClean
    return forwarding !== undefined && scope === want
  }
  /** The agent may not even open what it writes with. */
  const standAside = (why: string) => {
    const message = `The agent cannot write a data path: ${why}. Give it the capability NET_ADMIN.`
    verdict = { able: false, obstacle: { reason: 'NftRefused', message } }
    options.onReport()
    options.agent()?.restatePaths([...wanting.values(), ...fenced.values().map(({ address }) => address)])
  }
  const settle = () => {
    if (stopping.signal.aborted || work || isSettled()) return
    const want = wanted()
    isClean ||= want !== 'nothing' || scope !== 'nothing'
    work = (want !== 'nothing' ? begin(want) : isClean ? end() : clean())
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        log.error({ error: message, againAfterMs: retryMs }, 'the data path cannot begin or end')
        if (want !== 'nothing') standAside(message)
        return clock.sleep(retryMs, stopping.signal).catch(() => {})
      })
      .finally(() => {
        work = undefined
        settle()
      })
  }
  const unsubscribe = announcements.subscribe(
    ({ type, object, old }) => {
      const { name } = (object ?? old)?.metadata ?? { name: '' }
      const asking = type === 'deleted' ? undefined : object
      const { address = '' } = asking?.spec ?? {}
      if (asking && usesPods(asking)) wanting.set(name, address)
      else wanting.delete(name)
      if (!asking || !keepsFence(asking, node)) fenced.delete(name)
      else if (!fenced.has(name)) fenced.set(name, { address, since: clock.monotonic() })
      settle()
    },
    { replay: true },
  )
  settle()
  /** With node targets there is something to say only where source ranges are not kept. */
  const fencePath = (address: string) => {
    const path = forwarding?.pathOf(address) ?? (verdict?.able === false ? withoutDataPath(node, verdict.obstacle) : undefined)
    return path?.reason !== undefined && isBlinding({ reason: path.reason }) ? path : null
  }
  return {
    pathOf(announcement) {
      const { address } = announcement.spec
      if (!usesPods(announcement)) return keepsFence(announcement, node) ? fencePath(address) : null
      if (forwarding) return forwarding.pathOf(address)
      return verdict?.able === false ? withoutDataPath(node, verdict.obstacle) : undefined
    },
    awaitsFence(announcement) {
      const known = fenced.get(announcement.metadata.name)
      if (!known || clock.monotonic() - known.since > fencePatienceMs) return false
      return verdict?.able !== false && forwarding?.isSettled(known.address) !== true
    },
    changed: () => forwarding?.changed(),
    get report() {
      if (wanting.size === 0) return undefined
      return verdict ?? 'as-before'
    },
    async [Symbol.asyncDispose]() {
      unsubscribe()
      stopping.abort()
      await work
      await forwarding?.stop()
      await watches?.stop()
    },
  }
}
