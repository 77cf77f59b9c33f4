// Both ends of the heartbeats of one simulated node, for tests of the agent: what the packet worker hosts, without a worker.
import type { AgentClock } from '../ports.ts'
import { createHeartbeats } from './heartbeats.ts'
import type { Heartbeats } from './heartbeats.ts'
import { createHeartbeatHost } from './host.ts'
import { keyOne } from './segment-under-test.ts'

export interface HostedHeartbeats {
  readonly heartbeats: Heartbeats
  receive(frame: Uint8Array): void
  /** Ends without a word. */
  end(): void
}

/** `inProcess` wraps what may run only while the process does. */
export function hostHeartbeats(options: {
  readonly self: string
  readonly clock: AgentClock
  readonly inProcess: (run: () => void) => () => void
  readonly random: () => bigint
  readonly send: (frame: Uint8Array) => void
  /** As the packet worker withdraws: at once. `willingly`: the next one may have it. */
  readonly withdraw: (address: string, willingly: boolean) => void
}): HostedHeartbeats {
  const { self, clock, inProcess, random, send, withdraw } = options
  const soon = (run: () => void) => void clock.schedule(0, inProcess(run))
  const host = createHeartbeatHost({
    random,
    send: (_on, frame) => send(frame),
    tell: report => soon(() => heartbeats.hear(report)),
    act(_on, event) {
      if (event.kind === 'lose' || event.kind === 'let-go') withdraw(event.address, event.kind === 'let-go')
    },
  })
  let hasEnded = false
  let cancel = () => {}
  const setAlarm = () => {
    cancel()
    if (hasEnded || host.nextDue === Number.POSITIVE_INFINITY) return
    cancel = clock.schedule(Math.max(host.nextDue - clock.monotonic(), 1), inProcess(work))
  }
  const work = () => {
    host.work(clock.monotonic())
    setAlarm()
  }
  const heartbeats = createHeartbeats({
    self,
    async tell(order) {
      if (order.kind === 'release' || order.kind === 'forget') for (const address of order.addresses) withdraw(address, true)
      host.obey(order, clock.monotonic())
      setAlarm()
    },
    soon,
  })
  heartbeats.useKeys(keyOne)
  return {
    heartbeats,
    receive(frame) {
      host.receive('eth0', frame, clock.monotonic())
      setAlarm()
    },
    end() {
      hasEnded = true
      cancel()
    },
  }
}
