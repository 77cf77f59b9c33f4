// An Envoy as the DaemonSet starts it, on this machine: it gets what it serves from whoever listens at its socket.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { text } from 'node:stream/consumers'
import { bootstrap } from '../../providers/local/agent/gateway/bootstrap.ts'
import { waitFor } from '../lab/waiting.ts'
import { envoyProgram } from './envoy-program.ts'

export interface ServedEnvoy extends AsyncDisposable {
  readonly pid: number
  /** Has its first configuration and listens. */
  ready(): Promise<boolean>
  untilReady(): Promise<void>
  /** What the administration answers. */
  admin(path: string): Promise<string>
  /** Whether it still runs, and what it said. */
  readonly isRunning: boolean
  readonly said: string
}

export interface ServedEnvoyOptions {
  readonly xdsSocket: string
  readonly address: string
  readonly concurrency?: number
}

export const readinessPort = 10_001

/** Starts it and does not wait. */
export async function startServedEnvoy(options: ServedEnvoyOptions): Promise<ServedEnvoy> {
  const { xdsSocket, address, concurrency = 1 } = options
  const program = await envoyProgram()
  const adminSocket = `@weir-admin-${process.pid}-${address}`
  const configuration = bootstrap({
    xdsSocket,
    adminSocket,
    readiness: { address, port: readinessPort },
    maxHeapBytes: 1 << 30,
    maxConnections: 20_000,
  })
  const words = ['--service-node', 'n0', '--service-cluster', 'weir', '--disable-hot-restart', '-l', 'warning']
  const child = spawn(program, ['--config-yaml', JSON.stringify(configuration), '--concurrency', String(concurrency), ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)))
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const ready = async () =>
    (await ask({ host: address, port: readinessPort, path: '/ready' }).catch(() => undefined))?.status === 200
  return {
    pid: child.pid ?? 0,
    ready,
    untilReady: async () => {
      await waitFor(
        () => {
          if (child.exitCode !== null) throw new Error(`Envoy ended with ${child.exitCode}: ${said}`)
          return ready()
        },
        { what: 'Envoy to be ready', timeoutMs: 60_000, everyMs: 20, explain: () => said },
      )
    },
    admin: async path => (await ask({ socketPath: `\0${adminSocket.slice(1)}`, path })).body,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null
    },
    get said() {
      return said
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', end)
      end()
      await ended
    },
  }
}

export interface Asked {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** One request on a connection of its own. */
export async function ask(options: RequestOptions): Promise<Asked> {
  const sent = request({ agent: false, ...options })
  sent.end()
  const [response]: IncomingMessage[] = await once(sent, 'response')
  if (!response) throw new Error('no response')
  return { status: response.statusCode ?? 0, body: await text(response), headers: response.headers }
}
