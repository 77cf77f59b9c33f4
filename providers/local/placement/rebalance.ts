// Spreading addresses anew over nodes on request: the fewest moves after which no move makes it more even. Pure.

/** An address that may move. */
export interface Movable {
  /** Of its Announcement. */
  readonly name: string
  readonly bearer: string
  /** Where it may be, most preferred nodes only, all living; the same array for addresses that have the same. */
  readonly nodes: readonly string[]
}

export interface Move {
  readonly name: string
  readonly from: string
  readonly to: string
}

/**
 * First those that lie on a node less preferred than another, then from who bears most to who bears least while that is at
 * least two less: so no node both gives and takes, and where all addresses may be everywhere the number of moves is the least
 * there is. Stops after `most` moves; planned anew once they are made, the rest follows. `loadOf` counts all addresses of a
 * node, of other pools too.
 */
export function planMoves(
  movables: readonly Movable[],
  loadOf: (node: string) => number,
  most = Number.POSITIVE_INFINITY,
): readonly Move[] {
  const changes = new Map<string, number>()
  const load = (node: string) => loadOf(node) + (changes.get(node) ?? 0)
  const lightest = rememberLightest(load)
  const moves: Move[] = []
  const move = ({ name, bearer }: Movable, to: string) => {
    moves.push({ name, from: bearer, to })
    changes.set(bearer, (changes.get(bearer) ?? 0) - 1)
    changes.set(to, (changes.get(to) ?? 0) + 1)
    lightest.forget()
  }
  let staying: readonly Movable[] = movables
  for (const movable of movables) {
    const to = movable.nodes.includes(movable.bearer) ? undefined : lightest.of(movable.nodes)
    if (to !== undefined && moves.length < most) move(movable, to)
  }
  // A move may make room for one that was of no use before.
  for (let before = -1; before < moves.length; ) {
    const moved = new Set(moves.map(({ name }) => name))
    staying = staying.filter(({ name }) => !moved.has(name))
    before = moves.length
    relieve(staying, { load, lightest, move, isEnough: () => moves.length >= most })
  }
  return moves
}

/** From who bears most downwards, each gives what makes it more even. */
function relieve(
  movables: readonly Movable[],
  {
    load,
    lightest,
    move,
    isEnough,
  }: {
    readonly load: (node: string) => number
    readonly lightest: Lightest
    readonly move: (movable: Movable, to: string) => void
    readonly isEnough: () => boolean
  },
): void {
  const byBearer = Map.groupBy(movables, ({ bearer }) => bearer)
  for (let node = heaviest(byBearer, load); node !== undefined && !isEnough(); node = heaviest(byBearer, load)) {
    const own = byBearer.get(node) ?? []
    const best = own
      .map(movable => ({ movable, to: lightest.of(movable.nodes) }))
      .reduce((one, other) => (loadAt(other.to, load) < loadAt(one.to, load) ? other : one))
    if (best.to === undefined || load(node) - load(best.to) < 2) {
      byBearer.delete(node)
      continue
    }
    move(best.movable, best.to)
    const rest = own.filter(other => other !== best.movable)
    if (rest.length > 0) byBearer.set(node, rest)
    else byBearer.delete(node)
  }
}

function loadAt(node: string | undefined, load: (node: string) => number): number {
  return node === undefined ? Number.POSITIVE_INFINITY : load(node)
}

function heaviest(nodes: ReadonlyMap<string, unknown>, load: (node: string) => number): string | undefined {
  let heaviest: string | undefined
  for (const node of nodes.keys()) if (heaviest === undefined || load(node) > load(heaviest)) heaviest = node
  return heaviest
}

/** The node of a list that bears least, looked for again only after a move. */
interface Lightest {
  of(nodes: readonly string[]): string | undefined
  forget(): void
}

function rememberLightest(load: (node: string) => number): Lightest {
  const known = new Map<readonly string[], string | undefined>()
  return {
    of(nodes) {
      if (known.has(nodes)) return known.get(nodes)
      let least: string | undefined
      for (const node of nodes) if (least === undefined || load(node) < load(least)) least = node
      known.set(nodes, least)
      return least
    },
    forget: () => known.clear(),
  }
}
