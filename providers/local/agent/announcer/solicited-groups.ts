// Which solicited-node groups an interface is a member of: one membership per distinct group, spread over sockets.
import type { GroupSocket } from './group-socket.ts'
import { groupSuffix, solicitedNode } from './ipv6-groups.ts'
import { SocketError } from './socket-error.ts'

export interface SolicitedGroupsOptions {
  readonly open: (interfaceIndex: number) => GroupSocket
  /**
   * Memberships on one socket. The kernel keeps them in net.core.optmem_max (56 bytes each: 365 with 20 KiB, as kernels
   * before 6.9 have it, 2,340 with 128 KiB) and walks through them at each join, so fewer than it allows are quicker.
   */
  readonly perSocket?: number
}

export interface SolicitedGroups extends Disposable {
  /** Addresses count: the group is joined with the first address that needs it and left with the last. */
  add(address: bigint): void
  remove(address: bigint): void
  /** Joins everything anew on an interface: after it was made anew, or when memberships may have been lost with it. */
  reopen(interfaceIndex: number): void
  /** Tries again what could not be joined; true when nothing is missing. */
  retry(): boolean
  /** Why groups are missing; undefined when none is. */
  readonly trouble: SocketError | undefined
  readonly sockets: number
}

interface Member {
  readonly group: bigint
  addresses: number
  socket: Shared | undefined
}

interface Shared {
  readonly socket: GroupSocket
  members: number
}

export function createSolicitedGroups(options: SolicitedGroupsOptions, firstIndex: number): SolicitedGroups {
  const { open, perSocket = 256 } = options
  const members = new Map<number, Member>()
  const missing = new Set<Member>()
  const sockets = new Set<Shared>()
  let index = firstIndex
  let error: SocketError | undefined

  /** A socket may take fewer than we think, so a failure on one with members is tried once on a fresh one. */
  const joinSomewhere = (group: bigint): Shared => {
    const roomy = sockets.values().find(each => each.members < perSocket)
    if (roomy) {
      try {
        roomy.socket.join(group)
        return roomy
      } catch (failure) {
        if (roomy.members === 0) throw failure
      }
    }
    using unlessJoined = new DisposableStack()
    const fresh: Shared = { socket: unlessJoined.use(open(index)), members: 0 }
    fresh.socket.join(group)
    unlessJoined.move()
    sockets.add(fresh)
    return fresh
  }
  const join = (member: Member) => {
    try {
      member.socket = joinSomewhere(member.group)
      member.socket.members++
      missing.delete(member)
    } catch (failure) {
      if (!(failure instanceof SocketError)) throw failure
      error = failure
      missing.add(member)
    }
  }
  const leave = ({ group, socket }: Member) => {
    if (!socket) return
    socket.members--
    try {
      socket.socket.leave(group)
    } catch {
      // The interface went away, and the membership with it.
    }
    if (socket.members > 0) return
    socket.socket[Symbol.dispose]()
    sockets.delete(socket)
  }
  const closeAll = () => {
    for (const { socket } of sockets) socket[Symbol.dispose]()
    sockets.clear()
    missing.clear()
  }

  return {
    add(address) {
      const known = members.get(groupSuffix(address))
      if (known) {
        known.addresses++
        return
      }
      const member: Member = { group: solicitedNode(address), addresses: 1, socket: undefined }
      members.set(groupSuffix(address), member)
      join(member)
    },
    remove(address) {
      const member = members.get(groupSuffix(address))
      if (!member || --member.addresses > 0) return
      members.delete(groupSuffix(address))
      missing.delete(member)
      leave(member)
    },
    reopen(interfaceIndex) {
      closeAll()
      index = interfaceIndex
      for (const member of members.values()) {
        member.socket = undefined
        join(member)
      }
    },
    retry() {
      for (const member of missing) join(member)
      return missing.size === 0
    },
    get trouble() {
      return missing.size > 0 ? error : undefined
    },
    get sockets() {
      return sockets.size
    },
    [Symbol.dispose]: closeAll,
  }
}
