// The other end of the tests: holds connections open in its namespace and asks on them when told to.
import { createSocket } from 'node:dgram'
import type { Socket as UdpSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/**
 * What the client is asked, and what it answers: the words of the pod, or why there are none. It waits `waitMs`, by itself longer than
 * anything takes on a busy machine.
 */
export type ClientRequest =
  | {
      readonly op: 'open'
      readonly id: number
      readonly address: string
      readonly port: number
      readonly from?: string
      readonly waitMs?: number
    }
  | { readonly op: 'ask'; readonly id: number; readonly waitMs?: number; readonly bytes?: number; readonly lines?: number }
  | { readonly op: 'close'; readonly id: number }
  | {
      readonly op: 'udp'
      readonly id: number
      readonly address: string
      readonly port: number
      readonly waitMs?: number
      readonly bytes?: number
      readonly from?: string
    }
export interface ClientAnswer {
  readonly call: number
  readonly words?: readonly string[]
  readonly error?: string
}

const patienceMs = 15_000
const sockets = new Map<number, Socket>()
const datagrams = new Map<number, UdpSocket>()
const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error))

function open({
  id,
  address,
  port,
  from,
  waitMs = patienceMs,
}: Extract<ClientRequest, { op: 'open' }>): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, ...(from !== undefined && { localAddress: from }) })
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), waitMs)
    socket.once('connect', () => {
      clearTimeout(timer)
      sockets.set(id, socket)
      resolve([])
    })
    socket.on('error', reject)
  })
}

function ask({
  id,
  waitMs = patienceMs,
  bytes = 0,
  lines = 1,
}: Extract<ClientRequest, { op: 'ask' }>): Promise<readonly string[]> {
  const socket = sockets.get(id)
  if (!socket || socket.destroyed) return Promise.reject(new Error('closed'))
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('timeout')), waitMs)
    let text = ''
    const heard = (data: Buffer) => {
      text += data.toString()
      if (text.split('\n').length > lines) end(() => resolve(text.trim().split(' ')))
    }
    const failed = (error: Error) => end(() => reject(error))
    const closed = () => end(() => reject(new Error('closed')))
    const end = (then: () => void) => {
      clearTimeout(timer)
      socket.off('data', heard).off('error', failed).off('close', closed)
      then()
    }
    socket.on('data', heard).on('error', failed).on('close', closed)
    socket.write(`${'x'.repeat(bytes)}${'\n'.repeat(lines)}`)
  })
}

function udp({
  id,
  address,
  port,
  waitMs = patienceMs,
  from,
  bytes = 0,
}: Extract<ClientRequest, { op: 'udp' }>): Promise<readonly string[]> {
  const known = datagrams.get(id)
  const socket = known ?? createSocket(address.includes(':') ? 'udp6' : 'udp4')
  datagrams.set(id, socket)
  return new Promise((resolve, reject) => {
    const mark = `${Math.floor(Math.random() * 1e9)}${'x'.repeat(bytes)}`
    const timer = setTimeout(() => end(() => reject(new Error('timeout'))), waitMs)
    const heard = (data: Buffer) => {
      const [first, ...words] = data.toString().split(' ')
      if (first === mark) end(() => resolve(words))
    }
    const failed = (error: Error) => end(() => reject(error))
    const end = (then: () => void) => {
      clearTimeout(timer)
      socket.off('message', heard).off('error', failed)
      then()
    }
    socket.on('message', heard).on('error', failed)
    if (known) socket.send(mark)
    else socket.bind(0, from, () => socket.connect(port, address, () => socket.send(mark)))
  })
}

process.on('message', (message: { readonly call: number; readonly request: ClientRequest }) => {
  const { call, request } = message
  const work = (): Promise<readonly string[]> => {
    if (request.op === 'open') return open(request)
    if (request.op === 'ask') return ask(request)
    if (request.op === 'udp') return udp(request)
    sockets.get(request.id)?.destroy()
    return Promise.resolve([])
  }
  work().then(
    words => process.send?.({ call, words } satisfies ClientAnswer),
    (error: unknown) => process.send?.({ call, error: codeOf(error) } satisfies ClientAnswer),
  )
})
process.send?.('ready')
