// Waiting for several descriptors at once, and a descriptor by which another thread ends the wait.
import { constants } from 'node:os'
import koffi from 'koffi'
import { call, check, closeOnExec, nonBlocking } from './libc.ts'
import { SocketError } from './socket-error.ts'

const pollIn = 1

/** A descriptor that another thread makes ready by writing eight bytes, to wake a poll. */
export interface WakeUp {
  readonly fd: number
  /** Makes it unready again. */
  clear(): void
}

export function openWakeUp(): WakeUp {
  const fd = check('eventfd', call.eventfd(0, nonBlocking | closeOnExec))
  const count = Buffer.alloc(8)
  return { fd, clear: () => void call.read(fd, count, count.length) }
}

/** What of a list of descriptors is ready (readable, failed or closed), asked again and again. */
export interface Poller {
  /** Waits up to `timeoutMs` (rounded up), 0 for not at all. Gives the positions in the list that are ready. */
  wait(timeoutMs: number): readonly number[]
}

export function createPoller(fds: readonly number[]): Poller {
  const list = Buffer.alloc(fds.length * 8)
  for (const [index, fd] of fds.entries()) {
    list.writeInt32LE(fd, index * 8)
    list.writeInt16LE(pollIn, index * 8 + 4)
  }
  return {
    wait(timeoutMs) {
      const ready = call.poll(list, fds.length, Math.ceil(timeoutMs))
      if (ready < 0) {
        const errno = koffi.errno()
        if (errno !== constants.errno.EINTR) throw new SocketError('poll', errno)
      }
      if (ready <= 0) return []
      const found: number[] = []
      for (let index = 0; index < fds.length; index++) if (list.readInt16LE(index * 8 + 6) !== 0) found.push(index)
      return found
    },
  }
}
