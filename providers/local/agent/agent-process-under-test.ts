// The agent as a program on a station of a test LAN, with the one capability it may have, reaching the API server through a wire that can be cut.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Lan, Station } from './announcer/lan-under-test.ts'

const root = join(import.meta.dirname, '..', '..', '..')

export interface AgentProcess extends AsyncDisposable {
  readonly pid: number
  /** Ends it and gives how it ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Lines of its log. */
  readonly log: readonly string[]
}

/** Starts src/main-agent.ts as root with CAP_NET_ADMIN, CAP_NET_RAW and nothing else, as deploy/ does, unless told. */
export function startAgent(options: {
  readonly station: Station
  readonly node: string
  readonly kubeconfig: string
  readonly program?: string
  readonly capabilities?: readonly ('net_raw' | 'net_admin')[]
}): AgentProcess {
  const {
    station,
    node,
    kubeconfig,
    program = join(root, 'src', 'main-agent.ts'),
    capabilities = ['net_raw', 'net_admin'],
  } = options
  const rights = [
    'setpriv',
    `--bounding-set=${['-all', ...capabilities.map(name => `+${name}`)].join()}`,
    '--inh-caps=-all',
    '--no-new-privs',
    '--pdeathsig',
    'KILL',
    '--',
  ]
  const words = ['netns', 'exec', station.namespace, ...rights, process.execPath, program, '--health-port', '7481']
  const child: ChildProcess = spawn('ip', words, {
    env: { PATH: process.env['PATH'] ?? '', NODE_NAME: node, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => void log.push(...text.toString().split('\n').filter(Boolean)))
  const exited = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => ({
    code: typeof code === 'number' ? code : null,
    signal: typeof signal === 'string' ? signal : null,
  }))
  const end: AgentProcess['end'] = signal => {
    child.kill(signal)
    return exited
  }
  return {
    pid: child.pid ?? 0,
    end,
    log,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  }
}

export interface Wire extends Disposable {
  /** Drops all connections and takes no new ones, until `mend`. */
  cut(): void
  mend(): void
}

/** Inside the station, 127.0.0.1:`port` leads to the same port of this machine's loopback. */
export function wireToLoopback(lan: Lan, station: Station, port: number): Wire {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer(client => {
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connect({ host: '127.0.0.1', port, noDelay: true })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  // Without a host the socket is made at once, and so in the station's namespace.
  lan.inside(station, () => server.listen(port))
  const cut = () => {
    isCut = true
    for (const socket of open) socket.destroy()
  }
  return {
    cut,
    mend() {
      isCut = false
    },
    [Symbol.dispose]() {
      cut()
      server.close()
    },
  }
}
