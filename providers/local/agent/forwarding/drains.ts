// Open TCP connections to pods that get no new ones: they go on until they end, or until their time is over.
import { usualDrainSeconds } from '../../../../src/api/drain.ts'
import type { IpAddress } from '../../../../src/model/address.ts'
import type { DesiredService } from '../datapath/desired.ts'
import type { Flows } from '../datapath/flows.ts'
import { parseAddress } from '../../../../src/model/address.ts'
import type { AgentClock, AgentLogger } from '../ports.ts'

export type DesiredServices = ReadonlyMap<string, DesiredService>

export interface Drains extends Disposable {
  /** `now` is in force, and `before` was; undefined: nothing is known of what was, so connection tracking is asked. */
  follow(before: DesiredServices | undefined, now: DesiredServices): void
}

export interface DrainsOptions {
  readonly flows: Pick<Flows, 'forget'>
  readonly clock: AgentClock
  readonly logger: AgentLogger
}

/** A pod that a Service port does not use any more. */
interface Removed {
  readonly key: string
  readonly pod: IpAddress
  /** Monotonic time. */
  readonly since: number
}

/**
 * Once a connection is forgotten its next packet is taken for a new one and meets a pod that does not know it, or none: it ends with a reset.
 * A Service that kube-proxy carries again, or that is gone, has none of its connections cut.
 */
export function createDrains({ flows, clock, logger }: DrainsOptions): Drains {
  const removed = new Map<string, Removed>()
  let services: DesiredServices = new Map()
  let timer: { readonly at: number; readonly cancel: () => void } | undefined

  const isDrained = ({ protocol, path }: DesiredService) => protocol === 'TCP' && path !== 'elsewhere'
  const add = (key: string, pod: IpAddress) => {
    const id = `${key} ${pod.text}`
    if (!removed.has(id)) removed.set(id, { key, pod, since: clock.monotonic() })
  }
  const compare = (key: string, old: DesiredService | undefined, service: DesiredService) => {
    const used = new Set(service.endpoints.map(({ address }) => address.text))
    for (const pod of used) removed.delete(`${key} ${pod}`)
    for (const { address, local } of old?.endpoints ?? []) {
      // On other paths this node has nothing to do with the pods of others.
      if (!used.has(address.text) && (local || old?.path === service.path)) add(key, address)
    }
  }
  const ask = () => {
    const used = new Map<string, { readonly key: string; readonly pods: ReadonlySet<string> }>()
    for (const [key, service] of services)
      if (isDrained(service)) {
        const pods = new Set(service.endpoints.map(({ address }) => address.text))
        used.set(`${service.address.text} ${service.port}`, { key, pods })
      }
    if (used.size === 0) return
    const look = ({ address, port, pod }: { readonly address: string; readonly port: number; readonly pod: string }) => {
      const service = used.get(`${address} ${port}`)
      const parsed = service && !service.pods.has(pod) ? parseAddress(pod) : undefined
      if (service && parsed) add(service.key, parsed)
      return false
    }
    flows.forget(look, { protocol: 'TCP' })
  }
  const dueAt = ({ key, since }: Removed) => since + 1000 * (services.get(key)?.drainSeconds ?? usualDrainSeconds)
  const arm = () => {
    const at = Math.min(...[...removed.values()].map(dueAt))
    if (timer?.at === at) return
    timer?.cancel()
    timer = removed.size === 0 ? undefined : { at, cancel: clock.schedule(Math.max(at - clock.monotonic(), 0), end) }
  }
  const end = () => {
    timer = undefined
    for (const [id, each] of removed) {
      if (dueAt(each) > clock.monotonic()) continue
      removed.delete(id)
      cut(each)
    }
    arm()
  }
  const cut = ({ key, pod }: Removed) => {
    const service = services.get(key)
    if (!service) return
    const isIts = (flow: { readonly address: string; readonly port: number; readonly pod: string }) =>
      flow.address === service.address.text && flow.port === service.port && flow.pod === pod.text
    try {
      const connections = flows.forget(isIts, { to: pod, protocol: 'TCP' })
      if (connections > 0) logger.info({ service: key, pod: pod.text, connections }, 'the drain time is over')
    } catch (error) {
      logger.warn({ service: key, pod: pod.text, error: String(error) }, 'connections could not be ended')
    }
  }
  return {
    follow(before, now) {
      services = now
      for (const [id, { key }] of removed) {
        const service = now.get(key)
        if (!service || !isDrained(service)) removed.delete(id)
      }
      for (const [key, service] of now) {
        const old = before?.get(key)
        if (old !== service && isDrained(service)) compare(key, old, service)
      }
      if (!before) ask()
      arm()
    },
    [Symbol.dispose]() {
      timer?.cancel()
    },
  }
}
