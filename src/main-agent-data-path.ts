// The data path within the agent: there for as long as some address has pod targets, and costing nothing otherwise.
import type { Agent } from '../providers/local/agent/agent.ts'
import type { View } from '../providers/local/agent/decide.ts'
import { withoutDataPath } from '../providers/local/agent/forwarding/stated-path.ts'
import type { Forwarding } from '../providers/local/agent/forwarding/start.ts'
import { usesPods } from '../providers/local/agent/forwarding/uses-pods.ts'
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
  /** Nodes or interfaces are others than they were. */
  changed(): void
  readonly report: DataPathReport | undefined
}

const retryMs = 10_000

export function followPodTargets(options: PodTargetsOptions): PodTargets {
  const { announcements, clock, log, node } = options
  /** Their addresses by the names of their Announcements. */
  const wanting = new Map<string, string>()
  const stopping = new AbortController()
  let forwarding: Forwarding | undefined
  let watches: ReturnType<typeof watchPodTargets> | undefined
  let verdict: Verdict | undefined
  let work: Promise<void> | undefined
  /** What an earlier agent left may stand there. */
  let isClean = false

  const begin = async () => {
    log.info({}, 'an address has pod targets: the data path begins')
    const [{ startForwarding }, { watchPodTargets: follow }] = await Promise.all([
      import('../providers/local/agent/forwarding/start.ts'),
      import('./main-agent-pod-watches.ts'),
    ])
    const found = (watches ??= follow({ ...options, condition: dataPathCondition }))
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
  const end = async () => {
    await forwarding?.remove()
    forwarding = undefined
    await watches?.stop()
    watches = undefined
    verdict = undefined
    options.metrics().applied({ changed: 0, services: 0, durationMs: 0 })
    options.onReport()
    log.info({}, 'no address has pod targets any more: the data path is removed')
  }
  const clean = async () => {
    isClean = true
    const { uninstallDataPath } = await import('../providers/local/agent/forwarding/uninstall.ts')
    const done = await uninstallDataPath().catch((error: unknown) => log.debug({ error }, 'no data path could be looked for'))
    if (done === 'removed') log.info({}, 'removed the data path of an earlier time')
  }
  const isSettled = () => (wanting.size > 0 ? forwarding !== undefined : watches === undefined && isClean)
  /** The agent may not even open what it writes with. */
  const standAside = (why: string) => {
    const message = `The agent cannot write a data path: ${why}. Give it the capability NET_ADMIN.`
    verdict = { able: false, obstacle: { reason: 'NftRefused', message } }
    options.onReport()
    options.agent()?.restatePaths([...wanting.values()])
  }
  const settle = () => {
    if (stopping.signal.aborted || work || isSettled()) return
    const step = wanting.size > 0 ? begin : watches ? end : clean
    isClean ||= wanting.size > 0 || watches !== undefined
    work = step()
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        log.error({ error: message, againAfterMs: retryMs }, 'the data path cannot begin or end')
        if (step === begin) standAside(message)
        return clock.sleep(retryMs, stopping.signal).catch(() => {})
      })
      .finally(() => {
        work = undefined
        settle()
      })
  }
  const unsubscribe = announcements.subscribe(
    ({ type, object, old }) => {
      if (type !== 'deleted' && object && usesPods(object)) wanting.set(object.metadata.name, object.spec.address)
      else wanting.delete((object ?? old)?.metadata.name ?? '')
      settle()
    },
    { replay: true },
  )
  settle()
  return {
    pathOf(announcement) {
      if (!usesPods(announcement)) return null
      if (forwarding) return forwarding.pathOf(announcement.spec.address)
      return verdict?.able === false ? withoutDataPath(node, verdict.obstacle) : undefined
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
