// A LAN for tests: network namespaces joined by a bridge, and a neutral station that sends and sees raw frames.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { isIpv6, writeIpv4, writeIpv6 } from './address-key.ts'
import type { AddressKey } from './address-key.ts'
import { parseArp, requestFrame } from './arp.ts'
import { foldChecksum, sumWords } from './checksum.ts'
import { call, check, nonBlocking, receiveFrom } from './libc.ts'
import { multicastMac, solicitedNode } from './ipv6-groups.ts'
import { parseNdp, solicitationFrame } from './ndp.ts'
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
  /** Of the switch. */
  readonly port: string
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
  /** Takes the station off the switch without a word (its carrier stays), and puts it back. */
  plug(station: Station, isPlugged: boolean): void
  /** Runs a program on the station. */
  run(station: Station, command: readonly string[]): string
}

export type SeenNdp = NonNullable<ReturnType<typeof parseNdp>>

/** The same for neighbour discovery. */
export interface NdpProber extends Disposable {
  send(frame: Uint8Array): void
  hear(quietMs: number): readonly SeenNdp[]
  /** Asks the group (or `to` one MAC) and gives the advertisements of the target that came. */
  ask(
    target: bigint,
    options?: { readonly to?: string; readonly senderIp?: bigint; readonly option?: boolean; readonly waitMs?: number },
  ): readonly SeenNdp[]
  /** The same where an answer is expected: waits until the first one comes. */
  answers(
    target: bigint,
    options?: { readonly to?: string; readonly senderIp?: bigint; readonly option?: boolean },
  ): readonly SeenNdp[]
  /** What `pick` takes of all that arrives, until there is so much of it; less when no more came for long. */
  gather(count: number, pick: (seen: SeenNdp) => boolean): readonly SeenNdp[]
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
  /** The same where an answer is expected: waits until the first one comes. */
  answers(
    targetIp: number,
    options?: { readonly to?: string; readonly senderIp?: number; readonly quietMs?: number },
  ): readonly string[]
  /** What `pick` takes of all that arrives, until there is so much of it; less when no more came for long. */
  gather(count: number, pick: (seen: SeenArp) => boolean): readonly SeenArp[]
}

/** Longer than an answer takes on a machine that is busy with other things. */
const patienceMs = 15_000
/** In which an answer that is not expected would have come, on a machine that is not. */
const briefMs = 150

const libc = koffi.load(null)
const setns = libc.func('int setns(int fd, int type)')
const connect = libc.func('int connect(int fd, const void *address, unsigned int size)')
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
  // A switch hands frames on; where the kernel would have it look at packets as a router does, it is told not to.
  for (const name of ['iptables', 'ip6tables', 'arptables'])
    spawnSync('ip', ['netns', 'exec', switchNamespace, 'sysctl', '-qw', `net.bridge.bridge-nf-call-${name}=0`])
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
    ip('-n', namespace, 'addr', 'add', `fd00:201::${position}/64`, 'dev', 'eth0', 'nodad')
    return { namespace, port: `p${position}`, name: 'eth0', index: linkIndex(namespace, 'eth0'), mac }
  }
  const [node, client] = [attach(), attach()]
  unlessMade.move()
  return {
    node,
    client,
    attach,
    switchNamespace,
    inside: (station, make) => insideNamespace(station.namespace, make),
    plug(station, isPlugged) {
      ip('-n', switchNamespace, 'link', 'set', station.port, ...(isPlugged ? ['master', 'br0'] : ['nomaster']))
    },
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

/** A packet socket on a station that hears one protocol beside the kernel, frame by frame as `parse` reads them. */
function openEar<T>(lan: Lan, station: Station, etherType: number, parse: (frame: Uint8Array) => T | undefined) {
  const socket = lan.inside(station, () => openPacketSocket({ interfaceIndex: station.index, etherType, filter: acceptAll }))
  const poller = createPoller([socket.fd])
  const buffer = new Uint8Array(2048)
  const next = (waitMs: number): T | undefined => {
    const deadline = performance.now() + waitMs
    for (;;) {
      const length = socket.receive(buffer)
      const seen = length > 0 ? parse(buffer.slice(0, length)) : undefined
      if (seen) return seen
      const left = deadline - performance.now()
      if (length === 0 && left <= 0) return undefined
      if (length === 0) poller.wait(left)
    }
  }
  const hear = (quietMs: number) => {
    const seen: T[] = []
    for (let frame = next(quietMs); frame; frame = next(quietMs)) seen.push(frame)
    return seen
  }
  /** Those that `pick` takes, of what arrives until nothing came for `quietMs`, after the first of them within `firstMs`. */
  const pickFrom = <P>(pick: (frame: T) => P | undefined, quietMs: number, firstMs: number) => {
    const deadline = performance.now() + firstMs
    const picked: P[] = []
    for (;;) {
      const wait = picked.length > 0 ? quietMs : Math.max(quietMs, deadline - performance.now())
      const frame = next(wait)
      if (!frame) return picked
      const one = pick(frame)
      if (one !== undefined) picked.push(one)
    }
  }
  const gather = (count: number, pick: (frame: T) => boolean) => {
    const gathered: T[] = []
    const deadline = performance.now() + 2 * patienceMs
    while (gathered.length < count) {
      const frame = next(Math.max(deadline - performance.now(), 0))
      if (!frame) break
      if (pick(frame)) gathered.push(frame)
    }
    return gathered
  }
  return { socket, hear, gather, pickFrom }
}

/** A station's answer to what is sent by `send`, of ARP. */
export function openProber(lan: Lan, station: Station): Prober {
  const { socket, hear, gather, pickFrom } = openEar(lan, station, 0x0806, parseArp)
  const self = macOf(station)
  type Asking = { readonly to?: string; readonly senderIp?: number }
  const asked = (targetIp: number, { to, senderIp = 0x0ac9_6363 }: Asking, quietMs: number, firstMs: number) => {
    const destination = to === undefined ? undefined : parseMac(to)
    // What was said before is no answer.
    hear(0)
    socket.send(requestFrame({ from: self, senderIp, targetIp, ...(destination && { to: destination }) }))
    const answerOf = ({ operation, senderMac, ...frame }: SeenArp) =>
      operation === 'reply' && frame.senderIp === targetIp && frame.targetIp === senderIp ? formatMac(senderMac) : undefined
    return pickFrom(answerOf, quietMs, firstMs)
  }
  return {
    send: frame => socket.send(frame),
    hear,
    ask: (targetIp, { waitMs = briefMs, ...asking } = {}) => asked(targetIp, asking, waitMs, waitMs),
    answers: (targetIp, { quietMs = briefMs, ...asking } = {}) => asked(targetIp, asking, quietMs, patienceMs),
    gather,
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  }
}

/** Neighbour discovery as `openProber` is for ARP. It joins no group: what is sent to all nodes arrives, and what is sent to it. */
export function openNdpProber(lan: Lan, station: Station): NdpProber {
  const { socket, hear, gather, pickFrom } = openEar(lan, station, 0x86dd, parseNdp)
  const self = macOf(station)
  type Asking = { readonly to?: string; readonly senderIp?: bigint; readonly option?: boolean }
  const asked = (target: bigint, asking: Asking, quietMs: number, firstMs: number) => {
    const { to, senderIp = 0xfd00_0201n << 96n, option = true } = asking
    const destination = to === undefined ? undefined : parseMac(to)
    // What was said before is no answer.
    hear(0)
    socket.send(solicitationFrame({ from: self, senderIp, target, option, ...(destination && { to: destination }) }))
    // Who has no address yet is answered to all, which looks as an announcement does.
    const isAnswer = (frame: SeenNdp) =>
      frame.kind === 'advertisement' && frame.target === target && (frame.solicited || senderIp === 0n) ? frame : undefined
    return pickFrom(isAnswer, quietMs, firstMs)
  }
  return {
    send: frame => socket.send(frame),
    hear,
    ask: (target, { waitMs = briefMs, ...asking } = {}) => asked(target, asking, waitMs, waitMs),
    answers: (target, asking = {}) => asked(target, asking, briefMs, patienceMs),
    gather,
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  }
}

/**
 * Pings an address as a program does, through the station's kernel, with so many bytes. What came (within a moment after an answer, else 1.5 s):
 * the answer, or word of a router that it cannot be reached (or is better reached another way).
 */
export function ping(
  lan: Lan,
  station: Station,
  address: AddressKey,
  length = 56,
  waitMs = patienceMs,
): 'answered' | 'answered twice' | 'silence' | 'refused' {
  const six = isIpv6(address)
  const fd = lan.inside(station, () => check('socket', call.socket(six ? 10 : 2, 3 | nonBlocking, six ? 58 : 1)))
  try {
    const to = Buffer.alloc(six ? 28 : 16)
    to.writeUInt16LE(six ? 10 : 2)
    if (six) writeIpv6(to, 8, address)
    else writeIpv4(to, 4, address)
    const message = Buffer.alloc(8 + length)
    message.set([six ? 128 : 8, 0, 0, 0, 0x77, 0x77, 0, 1])
    if (!six) message.writeUInt16BE(foldChecksum(sumWords(message, 0, message.length)), 2)
    check('connect', connect(fd, to, to.length))
    call.send(fd, message, message.length, 0)
    return heardAfterPing(fd, six, waitMs)
  } finally {
    call.close(fd)
  }
}

function heardAfterPing(fd: number, six: boolean, waitMs: number): ReturnType<typeof ping> {
  const buffer = Buffer.alloc(2048)
  const poller = createPoller([fd])
  let answers = 0
  for (let end = performance.now() + waitMs; performance.now() < end; ) {
    poller.wait(Math.max(end - performance.now(), 0))
    try {
      const got = receiveFrom(fd, buffer)
      const start = six ? 0 : 20
      if (got > 0 && buffer[start] === (six ? 129 : 0) && buffer[start + 4] === 0x77) {
        if (++answers === 1) end = performance.now() + 100
      }
    } catch {
      return 'refused'
    }
  }
  if (answers === 0) return 'silence'
  return answers === 1 ? 'answered' : 'answered twice'
}

/** Whether the switch's port would pass what is sent to the group of an address: the station is a member. */
export function isMember(lan: Lan, station: Station, address: bigint): boolean {
  const group = [...multicastMac(solicitedNode(address))].map(byte => byte.toString(16).padStart(2, '0')).join(':')
  return lan.run(station, ['ip', 'maddr', 'show', 'dev', station.name]).includes(group)
}

function macOf(station: Station): Uint8Array {
  const mac = parseMac(station.mac)
  if (!mac) throw new Error(`no MAC: ${station.mac}`)
  return mac
}

export function insideNamespace<T>(namespace: string, make: () => T): T {
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
