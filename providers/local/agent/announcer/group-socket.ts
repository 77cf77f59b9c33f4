// A socket that is a member of IPv6 multicast groups: the kernel tells the switches by MLD and lets the network card pass the frames.
import { writeIpv6 } from './address-key.ts'
import { call, check, closeOnExec } from './libc.ts'

const ipv6Family = 10 // AF_INET6
const datagramType = 2 // SOCK_DGRAM
const ipv6Level = 41 // IPPROTO_IPV6
const joinGroup = 20 // IPV6_JOIN_GROUP
const leaveGroup = 21 // IPV6_LEAVE_GROUP

/** Membership counts for the interface, so nothing is ever received here; the frames arrive at the packet socket. */
export interface GroupSocket extends Disposable {
  /** Both throw SocketError; ENOMEM when the socket holds all the memberships it may (net.core.optmem_max). */
  join(group: bigint): void
  leave(group: bigint): void
}

/** Needs no right at all. Memberships outlive a link that goes down, and MLD reports them again when it comes up. */
export function openGroupSocket(interfaceIndex: number): GroupSocket {
  const fd = check('socket', call.socket(ipv6Family, datagramType | closeOnExec, 0))
  const request = Buffer.alloc(20)
  request.writeInt32LE(interfaceIndex, 16)
  const change = (what: string, name: number, group: bigint) => {
    writeIpv6(request, 0, group)
    check(`setsockopt ${what}`, call.setsockopt(fd, ipv6Level, name, request, request.length))
  }
  return {
    join: group => change('IPV6_JOIN_GROUP', joinGroup, group),
    leave: group => change('IPV6_LEAVE_GROUP', leaveGroup, group),
    [Symbol.dispose]: () => void call.close(fd),
  }
}
