// Takes what a data path left out of the kernel, on a node where none is wanted.
import { openNetlinkSocket } from '../announcer/netlink-socket.ts'
import { createNodeRoutes } from '../datapath/node-routes.ts'
import { createNft } from '../datapath/nft.ts'
import { removeTables } from '../datapath/nft-tables.ts'
import type { Nft } from '../datapath/nft.ts'

/** What was done: `nothing` where there was no table. Throws NftFailed when nft cannot be run or refuses; RoutesRefused, SocketError. */
export async function uninstallDataPath(nft: Nft = createNft()): Promise<'removed' | 'nothing'> {
  if (!(await removeTables(nft))) return 'nothing'
  using routes = createNodeRoutes(openNetlinkSocket({ groups: 0 }))
  routes.clear()
  return 'removed'
}
