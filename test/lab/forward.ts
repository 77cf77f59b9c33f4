// Carries connections from a port of this machine into a namespace: runs inside, accepts on a socket that was opened outside.
import { fork } from 'node:child_process'
import { connect, createServer, Server } from 'node:net'
import type { Socket } from 'node:net'
import { inNamespace } from './lan.ts'
import { identify } from './proc.ts'
import type { LabState } from './state.ts'

export type Listening = { readonly port: number; readonly server: Server }

/** Takes a free port of this machine's loopback. */
export async function listenOnLoopback(): Promise<Listening> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return { server, port: typeof bound === 'object' ? (bound?.port ?? 0) : 0 }
}

/** Hands the listening socket to a process in the namespace, which connects each client to `target` ("127.0.0.1:6443") there. */
export async function forwardInto(state: LabState, namespace: string, { server }: Listening, target: string): Promise<void> {
  const words = ['--pdeathsig', 'KILL', '--', ...inNamespace(namespace), process.execPath]
  const child = fork(import.meta.filename, [target], { execPath: 'setpriv', execArgv: words, detached: true, stdio: 'ignore' })
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.once('message', () => resolve())
    child.send('listen', server)
  })
  const self = identify(child.pid ?? 0)
  if (self) state.record({ ...self, name: 'forward', argv: [], log: '/dev/null' })
  server.close()
  child.disconnect()
  child.unref()
}

function serve(target: string): void {
  const [host, port] = target.split(':')
  process.once('message', (_word, handle) => {
    if (!(handle instanceof Server)) return
    handle.on('connection', (client: Socket) => {
      const upstream = connect({ host: host ?? '127.0.0.1', port: Number(port), noDelay: true })
      client.setNoDelay(true)
      client.pipe(upstream).pipe(client)
      client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
      upstream.on('error', () => client.resetAndDestroy()).on('close', () => client.destroy())
    })
    process.send?.('listening')
  })
}

if (import.meta.main && process.argv[2] !== undefined) serve(process.argv[2])
