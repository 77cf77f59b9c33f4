// The parts of our table that every node has, as text for nft: sets, maps, chains and hooks of one generation.
import { baseChains, hookChains, hooks } from './base-chains.ts'
import { activeMark, generationOf } from './present-table.ts'
import type { PresentTable } from './present-table.ts'
import { lastNodeNumber } from './desired.ts'
import type { Chain } from './expressions.ts'
import { keptNames, podNames, sharedNames, staticNames, tableName } from './names.ts'
import type { Family, Generation, Transport } from './names.ts'

/** So many connections are remembered per map; beyond that the slots alone decide. An element takes about 150 bytes. */
const pinnedConnections = 262_144
const rememberedClients = 131_072
/** Those of which something came within seconds. */
const recentConnections = 65_536

const families: readonly Family[] = [4, 6]
const transports: readonly Transport[] = ['tcp', 'udp']
const at = `inet ${tableName}`
const number = 'numgen random mod 2'

/** The table, its hooks without rules, and what the kernel keeps itself. Adding what is there already changes nothing. */
export function frame(): readonly string[] {
  return [
    `add table ${at}`,
    ...Object.entries(hooks).map(([name, hook]) => `add chain ${at} ${name} { ${hook} }`),
    ...families.flatMap(keptMaps),
    `add set ${at} active { type mark; }`,
    // Which number a node has: connections are remembered by it.
    `add map ${at} nodes4 { type ipv4_addr : mark; }`,
    `add map ${at} nodes6 { type ipv6_addr : mark; }`,
  ]
}

function keptMaps(family: Family): readonly string[] {
  const kept = keptNames(family)
  const dynamic = (name: string, key: string, size: number) =>
    `add map ${at} ${name} { typeof ${key} : meta mark; flags dynamic,timeout; size ${size}; }`
  const [pin, moment, client] =
    family === 4
      ? [
          `@nh,96,32 . @nh,128,32 . ${number}`,
          '@nh,96,64 . @th,0,32 . @ll,64,32',
          'ip saddr . ip daddr . meta l4proto . th dport',
        ]
      : [
          `${number} . ${number} . ${number}`,
          `${number} . @nh,128,64 . @th,0,32`,
          `${number} . ${number} . meta l4proto . th dport`,
        ]
  return [
    dynamic(kept.tcpPins, pin, pinnedConnections),
    dynamic(kept.udpPins, pin, pinnedConnections),
    dynamic(kept.recentTcp, moment, recentConnections),
    dynamic(kept.recentUdp, moment, recentConnections),
    dynamic(kept.sticky, client, rememberedClients),
    dynamic(kept.affinity, client, rememberedClients),
  ]
}

/** The empty sets and maps of a generation and its fixed chains. Nothing leads there yet. */
export function generationParts(generation: Generation, seed: number): readonly string[] {
  return [
    ...declarations(generation).map(({ kind, name, type }) => `add ${kind} ${at} ${name} { ${type} }`),
    ...chainText(baseChains(generation, seed)),
  ]
}

/** Leads packets into a generation. */
export function switchTo(generation: Generation, seed: number): readonly string[] {
  return [
    ...hookChains(generation, seed).flatMap(({ name, rules }) => [`flush chain ${at} ${name}`, ...ruleText(name, rules)]),
    `flush set ${at} active`,
    `add element ${at} active { ${activeMark[generation]} }`,
  ]
}

/** Takes away what there is of a generation; nothing may lead there any more in the same transaction. */
export function removeGeneration(generation: Generation, present: PresentTable): readonly string[] {
  const parts = declarations(generation)
  const chains = present.chains.filter(name => generationOf(name) === generation)
  return [
    // A start that was cut off has not made all of them.
    ...parts.map(({ kind, name, type }) => `add ${kind} ${at} ${name} { ${type} }`),
    // Their elements name chains.
    ...parts.map(({ kind, name }) => `flush ${kind} ${at} ${name}`),
    ...chains.map(name => `flush chain ${at} ${name}`),
    ...chains.map(name => `delete chain ${at} ${name}`),
    ...parts.map(({ kind, name }) => `delete ${kind} ${at} ${name}`),
  ]
}

/** First all names, then the rules, which name each other. */
export function chainText(chains: readonly Chain[]): readonly string[] {
  return [...chains.map(({ name }) => `add chain ${at} ${name}`), ...chains.flatMap(({ name, rules }) => ruleText(name, rules))]
}

function ruleText(chain: string, rules: readonly string[]): readonly string[] {
  return rules.map(rule => `add rule ${at} ${chain} ${rule}`)
}

interface Declaration {
  readonly kind: 'set' | 'map'
  readonly name: string
  readonly type: string
}

/**
 * Types by example (`typeof`) where a plain type would not take what is looked up; nft 1.0.6 cannot print an example that hashes, so all
 * numbers are those of numgen.
 */
function declarations(generation: Generation): readonly Declaration[] {
  const shared = sharedNames(generation)
  // The kernel finds an element sooner in a set of known size.
  const nodesAtMost = `size ${lastNodeNumber + 96};`
  const set = (name: string, type: string): Declaration => ({ kind: 'set', name, type })
  const map = (name: string, type: string): Declaration => ({ kind: 'map', name, type })
  return [
    set(shared.interfaces, 'type ifname;'),
    set(shared.peers, `type ether_addr; ${nodesAtMost}`),
    set(shared.senders, 'typeof ether saddr . meta mark;'),
    set(shared.alive, `type mark; ${nodesAtMost}`),
    map(shared.classes, 'type mark : verdict;'),
    map(shared.formerly, 'type mark : verdict;'),
    map(shared.slots, `typeof meta mark . ${number} : meta mark;`),
    map(shared.members, `typeof meta mark . ${number} : meta mark;`),
    ...families.flatMap(family => {
      const names = staticNames(family, generation)
      const [type, ip] = family === 4 ? ['ipv4_addr', 'ip'] : ['ipv6_addr', 'ip6']
      const service = `${type} . inet_proto . inet_service`
      return [
        map(names.services, `type ${service} : mark;`),
        map(names.previous, `type ${service} : mark;`),
        map(names.local, `type ${service} : verdict;`),
        map(names.numbers, `type ${service} : mark;`),
        ...transports.flatMap(transport => {
          const pods = podNames(family, transport, generation)
          const target = `${ip} daddr . ${transport} dport`
          return [
            map(pods.endpoints, `typeof meta mark . ${number} : ${target};`),
            map(pods.targets, `typeof ${target} . meta mark : ${target};`),
          ]
        }),
        set(names.sources, `type ${service} . ${type}; flags interval;`),
        set(names.addresses, `typeof @th,192,${family === 4 ? 32 : 128};`),
        set(names.masqueraded, `type ${type};`),
        set(names.own, `type ${type};`),
      ]
    }),
  ]
}
