// A Service as kube-proxy would serve it on every node of a test LAN, and a client that opens connections to it all the time.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Lan } from '../../providers/local/agent/announcer/lan-under-test.ts'
import type { AgentsOnLan } from './agents-on-lan.ts'
import type { ConnectionsMade } from './connect-all-the-time.ts'

/** Every node takes connections to the address and answers with its name, without answering ARP for it. */
export function serveOnAllNodes(world: AgentsOnLan, address: string, port: number): Disposable {
  const resources = new DisposableStack()
  for (const node of world.names) {
    const station = world.station(node)
    world.lan.run(station, ['sysctl', '-qw', 'net.ipv4.conf.all.arp_ignore=1', 'net.ipv4.conf.all.arp_announce=2'])
    world.lan.run(station, ['ip', 'address', 'add', `${address}/32`, 'dev', 'lo'])
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.end(node)
    })
    // Without a host the socket is made at once, and so in the station's namespace.
    world.lan.inside(station, () => server.listen(port))
    resources.defer(() => server.close())
  }
  return resources
}

export interface Client extends AsyncDisposable {
  /** Resolves when the first connection was answered, or has failed. */
  readonly begun: Promise<unknown>
  /** Ends it and gives what it saw. */
  end(): Promise<ConnectionsMade>
}

/**
 * On the neutral station. `forgetful`: what it knows of the address is taken from it all the time, as if each connection were
 * that of a client which has to ask first who has the address.
 */
export function connectAllTheTime(lan: Lan, address: string, port: number, { forgetful = false } = {}): Client {
  const inside = ['netns', 'exec', lan.client.namespace]
  const program = join(import.meta.dirname, 'connect-all-the-time.ts')
  const child = spawn('ip', [...inside, process.execPath, program, address, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  const exited = once(child, 'exit')
  // Not while it is asking: that would fail what waits for the answer.
  const known = ['reachable', 'stale', 'delay', 'probe'].map(state => `nud ${state}`).join(' ')
  const forgetting = `while :; do ip neighbour flush to ${address} dev ${lan.client.name} ${known}; sleep 0.02; done`
  const forgetter = forgetful ? spawn('ip', [...inside, 'sh', '-c', forgetting], { stdio: 'ignore' }) : undefined
  const begun = Promise.race([once(child.stdout, 'data'), exited])
  return {
    begun,
    async end() {
      forgetter?.kill('SIGKILL')
      child.kill('SIGTERM')
      await exited
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by connect-all-the-time.ts
      return JSON.parse(output.trim().split('\n').at(-1) ?? '') as ConnectionsMade
    },
    async [Symbol.asyncDispose]() {
      forgetter?.kill('SIGKILL')
      child.kill('SIGKILL')
      await exited
    },
  }
}
