// A packet socket that is opened again when it fails, with the frames read from it handed on one by one.
import { SocketError } from './socket-error.ts'
import type { PacketSocket } from './packet-socket.ts'
import type { PacketSource } from './packet-task.ts'

export interface KeptSocketOptions {
  readonly open: () => PacketSocket
  /** `frame` is valid during the call only. */
  readonly handle: (frame: Uint8Array, nowMs: number) => void
  /** When it says no the process stood still: what waits is old, and others may have acted meanwhile. */
  readonly maySpeak: () => boolean
  readonly onReceiveError: () => void
  /** Told after each change between working and failing; `error` undefined when it works again. */
  readonly onChange: (error: SocketError | undefined) => void
  readonly buffer: Uint8Array
}

export interface KeptSocket extends PacketSource, Disposable {
  /** Closes and opens it. */
  reopen(nowMs: number): void
  /** Opens it if it failed and the time has come. */
  work(nowMs: number): void
  /** Opens it now if it failed: something about the interface changed. */
  retry(nowMs: number): void
  /** False when the frame is lost: there is no socket, or the kernel did not take it. */
  send(frame: Uint8Array): boolean
  readonly nextDue: number | undefined
}

/** Frames handled before other sockets get their turn. */
const receiveBatch = 64
const reopenMs = 1000

export function keepSocket(options: KeptSocketOptions, nowMs: number): KeptSocket {
  const { open, handle, maySpeak, onReceiveError, onChange, buffer } = options
  let socket: PacketSocket | undefined
  let reopenAt: number | undefined
  let failing = false

  const close = () => {
    socket?.[Symbol.dispose]()
    socket = undefined
  }
  const fail = (error: unknown, now: number) => {
    if (!(error instanceof SocketError)) throw error
    close()
    reopenAt = now + reopenMs
    if (!failing) onChange(error)
    failing = true
  }
  const reopen = (now: number) => {
    close()
    reopenAt = undefined
    try {
      socket = open()
    } catch (error) {
      fail(error, now)
      return
    }
    if (failing) onChange(undefined)
    failing = false
  }
  /** The next frame's length; 0 when there is none or the socket failed. */
  const read = (now: number): number => {
    try {
      return socket?.receive(buffer) ?? 0
    } catch (error) {
      onReceiveError()
      // The link went down: told once by the kernel. The same socket works again when it comes up.
      if (!(error instanceof SocketError && error.code === 'ENETDOWN')) fail(error, now)
      return 0
    }
  }

  reopen(nowMs)
  return {
    get fd() {
      return socket?.fd
    },
    reopen,
    receive(now) {
      // Old frames are told from new ones by their being there already, so all of them are read at once.
      const most = maySpeak() ? receiveBatch : Number.POSITIVE_INFINITY
      for (let count = 0; count < most; count++) {
        const length = read(now)
        if (length === 0) return
        handle(buffer.subarray(0, length), now)
      }
    },
    work(now) {
      if (reopenAt !== undefined && reopenAt <= now) reopen(now)
    },
    retry(now) {
      if (failing) reopen(now)
    },
    send(frame) {
      try {
        socket?.send(frame)
        return socket !== undefined
      } catch {
        return false
      }
    },
    get nextDue() {
      return reopenAt
    },
    [Symbol.dispose]: close,
  }
}
