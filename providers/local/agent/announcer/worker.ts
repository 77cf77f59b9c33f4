// Entry of the packet worker: a thread that answers at once, whatever the main thread is busy with.
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { runPacketLoop } from './packet-loop.ts'
import { openWakeUp } from './packet-socket.ts'
import type { NumberedOrder, Report, WorkerStart } from './protocol.ts'

const { port }: WorkerStart = workerData
const wakeUp = openWakeUp()
const tell = (report: Report) => port.postMessage(report)

tell({ kind: 'ready', wakeFd: wakeUp.fd })
runPacketLoop({
  wakeUp,
  nextOrder: (): NumberedOrder | undefined => receiveMessageOnPort(port)?.message,
  tell,
  now: () => performance.now(),
})
port.close()
