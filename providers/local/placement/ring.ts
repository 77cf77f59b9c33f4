// Nodes in a circle, so that those who share addresses are neighbours and each has few of them. Pure.

/** Nodes by the hash of their names: whoever comes or goes moves only its neighbours. */
export interface Ring {
  readonly nodes: readonly string[]
  /** The nodes that follow a node, on the circle or not, nearest first, up to so many; without itself. */
  after(node: string, most: number): readonly string[]
}

export function makeRing(names: readonly string[]): Ring {
  const placed = names
    .map(node => ({ node, at: hash(node) }))
    .toSorted((one, other) => one.at - other.at || (one.node < other.node ? -1 : 1))
  const nodes = placed.map(({ node }) => node)
  return {
    nodes,
    after(node, most) {
      const at = hash(node)
      let start = 0
      for (let end = placed.length; start < end; ) {
        const middle = (start + end) >>> 1
        const here = placed[middle]
        if (here && (here.at < at || (here.at === at && here.node <= node))) start = middle + 1
        else end = middle
      }
      const ahead = nodes.slice(start, start + most)
      const around = ahead.length < most ? nodes.slice(0, Math.min(start, most - ahead.length)) : []
      return [...ahead, ...around].filter(other => other !== node)
    },
  }
}

/** FNV-1a with the finalizer of MurmurHash3, because short texts that differ in the last letter must come far apart. */
export function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return mixed(value)
}

/** Two hashes as one, which tells every pair of them apart as well as chance does. */
export function mixed(one: number, other = 0): number {
  let value = one ^ Math.imul(other, 0x9e3779b1)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
