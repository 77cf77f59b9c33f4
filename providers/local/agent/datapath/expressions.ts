// The expressions of nftables that our rules are made of, per family; built from constants of ours only.
import { keptNames, sharedNames, staticNames } from './names.ts'
import type { Family, Generation } from './names.ts'

/** A chain and its rules, in the language of nft. */
export interface Chain {
  readonly name: string
  readonly rules: readonly string[]
}

/** How long a connection is remembered that has sent one packet, that goes on, and that is being closed. */
const newPin = '1m'
const openPin = '1h'
const closingPin = '1m'
/** As long as conntrack keeps a UDP flow with answers, and some. */
const udpPin = '3m'
/**
 * For so long a packet need not renew its connection's pin, nor pass the rest of our rules. Counts from when it was noted, so whatever goes
 * on, a connection's pin is renewed once in that time.
 */
const recently = '10s'
/** One of so many packets notes its connection: those that end soon are not worth it. */
const notedPackets = 4

/**
 * What connections and clients are remembered by. In statements that write, nft 1.0.6 keeps 16 bytes of a key only and puts the value over
 * what is longer; so 64 bits of hash stand for a pair of IPv6 addresses, and 32 for a pair of ports, which are the same bytes
 * in an ICMP error that tells of the connection.
 */
export function writtenKeys(family: Family, seed: number): WrittenKeys {
  const hash = (number: number, what: string) => `jhash ${what} mod 4294967295 seed 0x${((seed + number) >>> 0).toString(16)}`
  const key = (client: string, address: string, ports: string) =>
    family === 4
      ? `${client} . ${address} . ${hash(3, ports)}`
      : `${hash(1, `${client} . ${address}`)} . ${hash(2, `${client} . ${address}`)} . ${hash(3, ports)}`
  const ports = 'th sport . th dport'
  // The sender's half of the Ethernet header that differs: what another node sends on is another matter than what the client's router sends.
  const rest = '@th,0,32'
  const sender = '@ll,64,32'
  if (family === 4)
    return {
      connection: key('@nh,96,32', '@nh,128,32', ports),
      moment: `@nh,96,64 . ${rest} . ${sender}`,
      // Behind the eight bytes of ICMP the header of the packet that was sent, without options, and eight bytes of what follows.
      told: key('@th,192,32', '@th,160,32', '@th,240,16 . @th,224,16'),
      toldProtocol: '@th,136,8',
      client: 'ip saddr . ip daddr . meta l4proto . th dport',
    }
  const pair = 'ip6 saddr . ip6 daddr'
  return {
    connection: key('ip6 saddr', 'ip6 daddr', ports),
    // Of 16 bytes: the half of the client's address that is its own, and a hash of the rest.
    moment: `${hash(1, `@nh,64,64 . @nh,192,128 . ${sender}`)} . @nh,128,64 . ${rest}`,
    told: key('@th,256,128', '@th,128,128', '@th,400,16 . @th,384,16'),
    toldProtocol: '@th,112,8',
    client: `${hash(1, pair)} . ${hash(2, pair)} . meta l4proto . th dport`,
  }
}

interface WrittenKeys {
  readonly connection: string
  /** The same connection for the short memory, found with less work: no ICMP error asks there. */
  readonly moment: string
  readonly client: string
  /** The connection that an ICMP error tells of: what it could not deliver was an answer, from us to the client. */
  readonly told: string
  /** The protocol of that connection. */
  readonly toldProtocol: string
}

/** Everything a rule can name, for one family and generation. */
export function vocabulary(family: Family, generation: Generation, seed: number) {
  const ip = family === 4 ? 'ip' : 'ip6'
  const { connection: pinKey, moment, client: clientKey, told, toldProtocol } = writtenKeys(family, seed)
  const kept = keptNames(family)
  const pins = { tcp: kept.tcpPins, udp: kept.udpPins }
  const recent = { tcp: kept.recentTcp, udp: kept.recentUdp }
  const forget = (protocol: 'tcp' | 'udp') => `delete @${recent[protocol]} { ${moment} timeout ${recently} : meta mark }`
  const remember = (map: string, key: string, timeout: string) => `update @${map} { ${key} timeout ${timeout} : meta mark }`
  // What an element says is changed only by taking it away first.
  const rewrite = (map: string, key: string, timeout: string) => [
    `delete @${map} { ${key} timeout ${timeout} : meta mark }`,
    remember(map, key, timeout),
  ]
  return {
    family,
    generation,
    ip,
    names: { ...staticNames(family, generation), ...sharedNames(generation) },
    kept,
    service: `${ip} daddr . meta l4proto . th dport`,
    clientKey,
    pinOf: (protocol: 'tcp' | 'udp') => `meta mark set ${pinKey} map @${pins[protocol]}`,
    /** An ICMP error (not an echo, nor what neighbours say), up to the address that sent what it tells of. */
    told:
      family === 4
        ? 'icmp type { destination-unreachable, time-exceeded, parameter-problem } @th,160,32'
        : 'icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } @th,128,128',
    pinTold: (protocol: 'tcp' | 'udp') =>
      `${toldProtocol} ${protocol === 'tcp' ? 6 : 17} meta mark set ${told} map @${pins[protocol]}`,
    newPin: (protocol: 'tcp' | 'udp') => [
      ...rewrite(pins[protocol], pinKey, protocol === 'tcp' ? newPin : udpPin),
      forget(protocol),
    ],
    keepPin: (protocol: 'tcp' | 'udp') => [
      remember(pins[protocol], pinKey, protocol === 'tcp' ? openPin : udpPin),
      `numgen random mod ${notedPackets} 0 add @${recent[protocol]} { ${moment} timeout ${recently} : meta mark }`,
    ],
    closePin: [...rewrite(pins.tcp, pinKey, closingPin), forget('tcp')],
    /** Where the connection of a packet in the middle of it went a moment ago. */
    recently: (protocol: 'tcp' | 'udp') => {
      const number = protocol === 'tcp' ? '06' : '11'
      // The protocol, and no fragment: further ones show no ports, so the first goes with them, after they were put together.
      const whole = family === 4 ? `@nh,48,32 & 0x3fff00ff == 0x${number}` : `@nh,48,8 0x${number}`
      const middle = protocol === 'tcp' ? '@th,104,8 & 0x07 == 0' : '' // neither FIN, SYN nor RST
      return `${whole} ${middle} meta mark set ${moment} map @${recent[protocol]}`
    },
    keepClosingPin: remember(pins.tcp, pinKey, closingPin),
    remember,
    rewrite,
    /** The name of a chain of this family and generation. */
    chain: (name: string) => `${name}${family}${generation}`,
    hex: (mark: number) => `0x${mark.toString(16)}`,
  }
}

export type Vocabulary = ReturnType<typeof vocabulary>
