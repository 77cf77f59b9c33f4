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
 * What connections and clients are remembered by. In statements that write, nft 1.0.6 keeps 16 bytes of a key only and puts the value over
 * what is longer; so 64 bits of hash stand for a pair of IPv6 addresses.
 */
export function writtenKeys(family: Family, seed: number): { readonly connection: string; readonly client: string } {
  if (family === 4)
    return { connection: 'ip saddr . th sport . ip daddr . th dport', client: 'ip saddr . ip daddr . meta l4proto . th dport' }
  const half = (number: number) => `jhash ip6 saddr . ip6 daddr mod 4294967295 seed 0x${((seed + number) >>> 0).toString(16)}`
  const pair = `${half(1)} . ${half(2)}`
  return { connection: `${pair} . @th,0,32`, client: `${pair} . meta l4proto . th dport` }
}

/** Everything a rule can name, for one family and generation. */
export function vocabulary(family: Family, generation: Generation, seed: number) {
  const ip = family === 4 ? 'ip' : 'ip6'
  const { connection: pinKey, client: clientKey } = writtenKeys(family, seed)
  const kept = keptNames(family)
  const pins = { tcp: kept.tcpPins, udp: kept.udpPins }
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
    newPin: (protocol: 'tcp' | 'udp') => rewrite(pins[protocol], pinKey, protocol === 'tcp' ? newPin : udpPin),
    keepPin: (protocol: 'tcp' | 'udp') => remember(pins[protocol], pinKey, protocol === 'tcp' ? openPin : udpPin),
    closePin: rewrite(pins.tcp, pinKey, closingPin),
    keepClosingPin: remember(pins.tcp, pinKey, closingPin),
    remember,
    rewrite,
    /** The name of a chain of this family and generation. */
    chain: (name: string) => `${name}${family}${generation}`,
    hex: (mark: number) => `0x${mark.toString(16)}`,
  }
}

export type Vocabulary = ReturnType<typeof vocabulary>
