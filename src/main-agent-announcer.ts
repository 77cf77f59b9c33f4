// The announcer of the agent, and where what it tells of goes.
import { existsSync } from 'node:fs'
import type { Agent } from '../providers/local/agent/agent.ts'
import { createAnnouncer } from '../providers/local/agent/announcer/announcer.ts'
import type { Announcer } from '../providers/local/agent/announcer/announcer.ts'
import type { InterfaceWatch } from '../providers/local/agent/interface-watch.ts'
import type { ProgramOptions } from '../providers/local/agent/options.ts'
import type { AgentMetrics } from './observability/agent-metrics.ts'
import type { Log } from './observability/log.ts'

interface Hearers {
  readonly agent: () => Agent | undefined
  readonly interfaces: () => InterfaceWatch | undefined
  readonly onFailure: (error: Error) => void
  readonly metrics: () => AgentMetrics
  /** Interfaces that cannot be listened on, kept here with the error. */
  readonly deaf: Map<string, string>
}

export async function startAnnouncer(
  options: ProgramOptions,
  log: Log,
  { agent, interfaces, onFailure, metrics, deaf }: Hearers,
): Promise<Announcer> {
  const announcer = await createAnnouncer({
    // With IPVS the kernel has every address of a Service itself, and answers for it.
    ping: options.ping && !existsSync('/sys/class/net/kube-ipvs0'),
    refreshMs: options.refreshMs,
    dropUnclaimed: options.dropUnclaimed !== 'off',
    onDropRefused: code => {
      const level = options.dropUnclaimed === 'on' ? 'error' : 'info'
      log[level]({ code }, 'packets that no Service port claims are left to the kernel: that takes the capability NET_ADMIN')
    },
    workerUrl: new URL('../providers/local/agent/announcer/worker.ts', import.meta.url),
    onConflict: conflict => agent()?.meetConflict(conflict),
    onNetwork: change => interfaces()?.changed(change),
    onTrouble: trouble => {
      if ('recovered' in trouble) {
        deaf.delete(trouble.interface)
        log.info({ interface: trouble.interface }, 'the interface can be listened on again')
      } else {
        deaf.set(trouble.interface, trouble.message)
        log.warn(trouble, 'the interface cannot be listened on; trying again')
      }
    },
    onPause(forMs) {
      metrics().paused()
      log.warn({ forMs }, 'this process stood still; listening before answering again')
    },
    onFailure,
  })
  return {
    ...announcer,
    set(on, addresses) {
      // What is not listened on any more is in no trouble.
      if (addresses.size === 0) deaf.delete(on.name)
      return announcer.set(on, addresses)
    },
  }
}
