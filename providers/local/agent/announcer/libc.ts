// The few calls into the C library that raw sockets need. Loaded by the worker only.
import { constants } from 'node:os'
import koffi from 'koffi'
import { SocketError } from './socket-error.ts'

// The running program's own symbols, so that it does not matter which C library (glibc, musl) Node was linked with.
const libc = koffi.load(null)
export const call = {
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int size)'),
  bind: libc.func('int bind(int fd, const void *address, unsigned int size)'),
  recv: libc.func('long recv(int fd, void *buffer, unsigned long size, int flags)'),
  send: libc.func('long send(int fd, const void *buffer, unsigned long size, int flags)'),
  poll: libc.func('int poll(void *fds, unsigned long count, int timeout)'),
  eventfd: libc.func('int eventfd(unsigned int value, int flags)'),
  read: libc.func('long read(int fd, void *buffer, unsigned long size)'),
  close: libc.func('int close(int fd)'),
  madvise: libc.func('int madvise(uint64_t address, unsigned long length, int advice)'),
}

export const nonBlocking = 0o4000 // SOCK_NONBLOCK, EFD_NONBLOCK
export const closeOnExec = 0o2000000 // SOCK_CLOEXEC, EFD_CLOEXEC

/** Gives the result of a call, or throws SocketError when it is negative. */
export function check(operation: string, result: number): number {
  if (result < 0) throw new SocketError(operation, koffi.errno())
  return result
}

/** Reads into `buffer`: the length, or 0 when nothing waits. Throws SocketError. */
export function receiveFrom(fd: number, buffer: Uint8Array): number {
  const length = Number(call.recv(fd, buffer, buffer.length, 0))
  if (length >= 0) return length
  const errno = koffi.errno()
  if (errno === constants.errno.EAGAIN || errno === constants.errno.EINTR) return 0
  throw new SocketError('recv', errno)
}

export function setReceiveBuffer(fd: number, bytes: number): void {
  const size = Buffer.alloc(4)
  size.writeInt32LE(bytes)
  check('setsockopt SO_RCVBUF', call.setsockopt(fd, 1, 8, size, size.length))
}
