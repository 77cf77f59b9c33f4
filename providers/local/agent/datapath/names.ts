// Names and packet marks of our nftables table. Whatever the kernel remembers across restarts of the agent depends on them.

/** One table for both families; everything of ours is in it, so deleting it uninstalls. */
export const tableName = 'weir'

/**
 * While a packet is looked at its mark holds intermediate results; it leaves our chains with none, or with that of the node it goes
 * to. Neither bit 14 (masquerade) nor bit 15 (drop), which kube-proxy uses, is ever set when it leaves.
 */
export const nodeMarkBase = 0x2d00_0000
export const selfMark = nodeMarkBase + 1
export const nodeMark = (number: number) => nodeMarkBase + number
/** Set in what is remembered of a connection that is being closed; no part of the number of the node. */
export const closingBit = 0x0001_0000
/** What of a mark says which node. */
export const nodeMarkMask = 0xff00_ffff
/** Numbers of Services and of pods, as long as the target is picked. */
export const pickMarkBase = 0x2e00_0000
/** What a Service's mark holds: the number of its slot table, and the number of the chain that handles it. */
export const classBits = 12
export const classMask = (1 << classBits) - 1

/** Everything with a letter at its end exists once per generation; the whole table is replaced by filling the other one. */
export type Generation = 'a' | 'b'

export type Family = 4 | 6
export type Transport = 'tcp' | 'udp'
export const familyNumber = { IPv4: 4, IPv6: 6 } as const

/** Sets and maps that are the same as long as nothing is asked to change: what is written is what stands there. */
export const staticNames = (family: Family, generation: Generation) =>
  ({
    services: `services${family}${generation}`,
    previous: `previous${family}${generation}`,
    local: `local${family}${generation}`,
    numbers: `numbers${family}${generation}`,
    sources: `sources${family}${generation}`,
    addresses: `addresses${family}${generation}`,
    masqueraded: `masqueraded${family}${generation}`,
    own: `own${family}${generation}`,
  }) as const

/**
 * Maps of pods. One per protocol: nft 1.0.6 takes no map to an address and port that is declared for any protocol, once it reads it
 * back from the kernel.
 */
export const podNames = (family: Family, protocol: Transport, generation: Generation) =>
  ({
    endpoints: `endpoints_${protocol}${family}${generation}`,
    targets: `targets_${protocol}${family}${generation}`,
  }) as const

/** The same for both families. */
export const sharedNames = (generation: Generation) =>
  ({
    interfaces: `interfaces${generation}`,
    peers: `peers${generation}`,
    senders: `senders${generation}`,
    alive: `alive${generation}`,
    classes: `classes${generation}`,
    formerly: `formerly${generation}`,
    slots: `slots${generation}`,
    members: `members${generation}`,
  }) as const

/** What the kernel itself writes down about connections and clients; never replaced. */
export const keptNames = (family: Family) =>
  ({
    tcpPins: `pins_tcp${family}`,
    udpPins: `pins_udp${family}`,
    /** What pins said a moment ago; from them alone, packets in mid-connection are sent on. */
    recentTcp: `recent_tcp${family}`,
    recentUdp: `recent_udp${family}`,
    /** Client to node. */
    sticky: `sticky${family}`,
    /** Client to pod. */
    affinity: `affinity${family}`,
  }) as const
