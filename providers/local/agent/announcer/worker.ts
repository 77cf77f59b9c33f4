// Entry of the packet worker: a thread that answers at once, whatever the main thread is busy with.
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { makeHeartbeatExtension } from '../heartbeat/extension.ts'
import { heartbeatExtension } from '../heartbeat/host.ts'
import { runPacketLoop } from './packet-loop.ts'
import type { MakeExtension } from './packet-task.ts'
import { openWakeUp } from './poller.ts'
import type { NumberedOrder, WorkerStart } from './protocol.ts'

/** Protocols beside ARP and NDP, by name; see PacketExtension. */
const extensions: Readonly<Record<string, MakeExtension>> = { [heartbeatExtension]: makeHeartbeatExtension }

const { port, settings }: WorkerStart = workerData
runPacketLoop({
  wakeUp: openWakeUp(),
  settings,
  nextOrder: (): NumberedOrder | undefined => receiveMessageOnPort(port)?.message,
  tell: report => port.postMessage(report),
  now: () => performance.now(),
  random: Math.random,
  extensions,
})
port.close()
