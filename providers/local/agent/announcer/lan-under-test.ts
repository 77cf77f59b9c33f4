// A LAN for tests: network namespaces joined by a bridge, and a neutral station that sends and sees raw frames.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { parseArp, requestFrame } from './arp.ts'
import type { AnnouncingInterface } from './announcer.ts'
import { formatMac, parseMac } from './mac.ts'
import { openPacketSocket } from './packet-socket.ts'
import { createPoller } from './poller.ts'
import type { Instruction } from './filter.ts'

/** Why tests with namespaces cannot run here; undefined when they can. */
export function missingForLan(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const trial = `weir-try-${process.pid}`
  if (spawnSync('ip', ['netns', 'add', trial]).status !== 0)
    return 'ip netns add does not work here (iproute2 or the kernel feature is missing)'
  spawnSync('ip', ['netns', 'del', trial])
  return undefined
}

/** A frame as the neutral station saw it. */
export type SeenArp = NonNullable<ReturnType<typeof parseArp>>

export interface Station extends AnnouncingInterface {
  readonly namespace: string
}

export interface Lan extends Disposable {
  /** Where the announcer runs. */
  readonly node: Station
  /** Where the neutral station is. */
  readonly client: Station
  /** One more station. */
  attach(): Station
  /** The namespace of the bridge between them. */
  readonly switchNamespace: string
  /** Runs `make` with this thread inside the station's namespace; threads started there stay there. */
  inside<T>(station: Station, make: () => T): T
  /** Runs a program on the station. */
  run(station: Station, command: readonly string[]): string
}

export interface Prober extends Disposable {
  send(frame: Uint8Array): void
  /** Everything ARP that arrives until nothing came for `quietMs`. */
  hear(quietMs: number): readonly SeenArp[]
  /** Asks by broadcast (or `to` one MAC) and gives the MACs that answered. */
  ask(
    targetIp: number,
    options?: { readonly to?: string; readonly senderIp?: number; readonly waitMs?: number },
  ): readonly string[]
}

const libc = koffi.load(null)
const setns = libc.func('int setns(int fd, int type)')
const networkNamespace = 0x4000_0000 // CLONE_NEWNET

/** Two stations with eth0 each, on one bridge that lives in a namespace of its own. Names end in the process id. */
export function makeLan(name: string): Lan {
  const resources = new DisposableStack()
  using unlessMade = new DisposableStack()
  unlessMade.use(resources)
  const switchNamespace = `weir-${name}-sw-${process.pid}`
  const add = (namespace: string) => {
    ip('netns', 'add', namespace)
    resources.defer(() => spawnSync('ip', ['netns', 'del', namespace]))
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
  }
  add(switchNamespace)
  ip('-n', switchNamespace, 'link', 'add', 'br0', 'type', 'bridge')
  ip('-n', switchNamespace, 'link', 'set', 'br0', 'up')
  let position = 0
  const attach = (): Station => {
    position++
    const namespace = `weir-${name}-${position}-${process.pid}`
    const mac = `02:00:00:00:00:0${position}`
    add(namespace)
    ip('-n', switchNamespace, 'link', 'add', `p${position}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    ip('-n', switchNamespace, 'link', 'set', `p${position}`, 'master', 'br0', 'up')
    ip('-n', namespace, 'link', 'set', 'eth0', 'address', mac, 'up')
    ip('-n', namespace, 'addr', 'add', `10.201.0.${position}/16`, 'dev', 'eth0')
    return { namespace, name: 'eth0', index: linkIndex(namespace, 'eth0'), mac }
  }
  const [node, client] = [attach(), attach()]
  unlessMade.move()
  return {
    node,
    client,
    attach,
    switchNamespace,
    inside: (station, make) => insideNamespace(station.namespace, make),
    run(station, command) {
      const result = spawnSync('ip', ['netns', 'exec', station.namespace, ...command], { encoding: 'utf8' })
      if (result.status !== 0) throw new Error(`${command.join(' ')}: ${result.stderr}`)
      return result.stdout
    },
    [Symbol.dispose]: () => resources.dispose(),
  }
}

/** The index of an interface of a station, which changes when it is made anew. */
export function linkIndex(namespace: string, name: string): number {
  return Number.parseInt(ip('-n', namespace, '-o', 'link', 'show', name), 10)
}

const acceptAll: readonly Instruction[] = [[0x06, 0, 0, 0x40000]]

/** A packet socket on a station that sends and hears ARP beside the kernel. */
export function openProber(lan: Lan, station: Station): Prober {
  const socket = lan.inside(station, () =>
    openPacketSocket({ interfaceIndex: station.index, etherType: 0x0806, filter: acceptAll }),
  )
  const poller = createPoller([socket.fd])
  const buffer = new Uint8Array(2048)
  const self = macOf(station)
  const next = (waitMs: number): SeenArp | undefined => {
    const deadline = performance.now() + waitMs
    for (;;) {
      const length = socket.receive(buffer)
      const seen = length > 0 ? parseArp(buffer.subarray(0, length)) : undefined
      if (seen) return seen
      const left = deadline - performance.now()
      if (length === 0 && left <= 0) return undefined
      if (length === 0) poller.wait(left)
    }
  }
  const hear = (quietMs: number) => {
    const seen: SeenArp[] = []
    for (let frame = next(quietMs); frame; frame = next(quietMs)) seen.push(frame)
    return seen
  }
  return {
    send: frame => socket.send(frame),
    hear,
    ask(targetIp, { to, senderIp = 0x0ac9_6363, waitMs = 150 } = {}) {
      const destination = to === undefined ? undefined : parseMac(to)
      socket.send(requestFrame({ from: self, senderIp, targetIp, ...(destination && { to: destination }) }))
      return hear(waitMs)
        .filter(frame => frame.operation === 'reply' && frame.senderIp === targetIp && frame.targetIp === senderIp)
        .map(frame => formatMac(frame.senderMac))
    },
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  }
}

function macOf(station: Station): Uint8Array {
  const mac = parseMac(station.mac)
  if (!mac) throw new Error(`no MAC: ${station.mac}`)
  return mac
}

function insideNamespace<T>(namespace: string, make: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r')
  const there = openSync(`/run/netns/${namespace}`, 'r')
  try {
    enter(there)
    return make()
  } finally {
    enter(home)
    closeSync(there)
    closeSync(home)
  }
}

function enter(fd: number): void {
  if (setns(fd, networkNamespace) !== 0) throw new Error(`setns failed (errno ${koffi.errno()})`)
}

function ip(...args: readonly string[]): string {
  const result = spawnSync('ip', args, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`ip ${args.join(' ')}: ${result.stderr || result.error?.message}`)
  return result.stdout
}
