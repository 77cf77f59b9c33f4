// The chains that every packet for one of our addresses passes, whatever its Service: what is remembered of a connection, and where it goes.
import { vocabulary } from './expressions.ts'
import type { Chain, Vocabulary } from './expressions.ts'
import { classMask, closingBit, nodeMarkBase, nodeMarkMask, pickMarkBase, selfMark, sharedNames } from './names.ts'
import type { Family, Generation } from './names.ts'

/** Chains with hooks, by which packets come in; they exist once, and their rules lead into one generation. */
export const hooks: Readonly<Record<string, string>> = {
  // After fragments are put together (-400), before the kernel's connection tracking (-200).
  steer: 'type filter hook prerouting priority -300; policy accept;',
  // Before kube-proxy's (-100), which leaves alone what is translated already.
  translate: 'type nat hook prerouting priority -105; policy accept;',
  // After all translation: chains of type nat run together at -100, whatever their priority, which orders them only among themselves.
  unmark: 'type filter hook prerouting priority -95; policy accept;',
  disguise: 'type nat hook postrouting priority 95; policy accept;',
  redirects: 'type filter hook output priority 0; policy accept;',
}

const families: readonly Family[] = [4, 6]

/** The rules of the hooks. */
export function hookChains(generation: Generation, seed: number): readonly Chain[] {
  const words = families.map(family => vocabulary(family, generation, seed))
  const { interfaces, classes } = sharedNames(generation)
  const each = (rule: (word: Vocabulary) => string) => words.map(rule)
  const toClass = (word: Vocabulary) =>
    `meta mark set ${word.service} map @${word.names.services} meta mark & 0x${classMask.toString(16)} vmap @${classes}`
  const toErrors = ({ chain, told, names }: Vocabulary) => `${told} @${names.addresses} goto ${chain('errors')}`
  return [
    {
      name: 'steer',
      rules: [
        // What a shortcut knew: ours, or to be sent on where it could not be at once.
        `meta mark 0x${selfMark.toString(16)} meta mark set 0 accept`,
        `meta mark & 0xffff0000 == 0x${nodeMarkBase.toString(16)} notrack accept`,
        `iifname != @${interfaces} accept`,
        ...each(toClass),
        ...each(toErrors),
      ],
    },
    {
      name: 'translate',
      rules: [`iifname != @${interfaces} accept`, ...each(word => `${word.service} vmap @${word.names.local}`)],
    },
    {
      name: 'unmark',
      rules: [`meta mark & 0xff000000 == 0x${pickMarkBase.toString(16)} iifname @${interfaces} meta mark set 0`],
    },
    {
      name: 'disguise',
      rules: each(
        ({ ip, names }) =>
          `iifname @${interfaces} ct status dnat ct original ${ip} daddr @${names.masqueraded} ${ip} daddr != @${names.own} masquerade`,
      ),
    },
    {
      // A router tells who sends to it that another station would be nearer; here the answer would be a node, for one slot only.
      name: 'redirects',
      rules: [
        `icmp type redirect @th,192,32 @${words[0]?.names.addresses} drop`,
        `icmpv6 type nd-redirect @th,192,128 @${words[1]?.names.addresses} drop`,
      ],
    },
  ]
}

/** The chains of one generation that do not depend on what Services there are. */
export function baseChains(generation: Generation, seed: number): readonly Chain[] {
  return [
    {
      name: `deliver${generation}`,
      rules: [
        `meta mark & 0x${nodeMarkMask.toString(16)} == 0x${selfMark.toString(16)} meta mark set 0 accept`,
        // Goes on as it is, by the route that its mark chooses; nothing here keeps a state of it.
        'notrack accept',
      ],
    },
    ...families.flatMap(family => connectionChains(vocabulary(family, generation, seed))),
  ]
}

/**
 * What happens with a TCP packet when its mark says which node its connection is at. A peer that sends us one that is remembered to be
 * its own takes us for who has it.
 */
function connectionChains(word: Vocabulary): readonly Chain[] {
  const { chain, generation, hex } = word
  const { senders, alive, classes: _, formerly } = word.names
  const deliver = `goto deliver${generation}`
  return [
    {
      // A router tells the address that an answer was too large, or did not arrive; the answer came from the connection's node. There,
      // connection tracking knows whom it means. What a peer has sent on is not sent on again.
      name: chain('errors'),
      rules: [
        `ether saddr @${word.names.peers} accept`,
        ...(['tcp', 'udp'] as const).map(protocol => `${word.pinTold(protocol)} ${deliver}`),
      ],
    },
    {
      // Where packets come in, before fragments are put together, and for addresses of ours only.
      name: chain('shortcut'),
      rules: [word.recently('tcp'), word.recently('udp')],
    },
    { name: chain('note_tcp'), rules: [...word.newPin('tcp'), deliver] },
    { name: chain('note_udp'), rules: [...word.newPin('udp'), deliver] },
    {
      name: chain('pinned'),
      rules: [
        `ether saddr . meta mark @${senders} goto ${chain('returned')}`,
        `meta mark & ${hex(closingBit)} != 0 goto ${chain('closing')}`,
        `tcp flags & (fin | rst) != 0 goto ${chain('close')}`,
        ...word.keepPin('tcp'),
        deliver,
      ],
    },
    { name: chain('returned'), rules: [`meta mark set ${hex(selfMark)} goto ${chain('note_tcp')}`] },
    { name: chain('close'), rules: [`meta mark set meta mark | ${hex(closingBit)}`, ...word.closePin, deliver] },
    { name: chain('closing'), rules: [word.keepClosingPin, deliver] },
    {
      // Ours by its slot, in mid-connection, and unknown: whose slot it was may know it.
      name: chain('before'),
      rules: [
        `meta mark set ${word.service} map @${word.names.previous} meta mark & ${hex(classMask)} vmap @${formerly}`,
        `goto ${chain('note_tcp')}`,
      ],
    },
    {
      name: chain('relay'),
      rules: [
        `ether saddr . meta mark @${senders} meta mark set ${hex(selfMark)}`,
        `meta mark != @${alive} meta mark set ${hex(selfMark)}`,
        `goto ${chain('note_tcp')}`,
      ],
    },
  ]
}
