// Takes what a data path left out of the kernel, on a node where none is wanted.
import { openNetlinkSocket } from '../announcer/netlink-socket.ts'
import { createNodeRoutes } from '../datapath/node-routes.ts'
import { tableName } from '../datapath/names.ts'
import { createNft, NftFailed } from '../datapath/nft.ts'
import type { Nft } from '../datapath/nft.ts'

/** What was done: `nothing` where there was no table. Throws NftFailed when nft cannot be run or refuses; RoutesRefused, SocketError. */
export async function uninstallDataPath(nft: Nft = createNft()): Promise<'removed' | 'nothing'> {
  const remove = `delete table inet ${tableName}\n`
  try {
    await nft.run(remove)
  } catch (error) {
    if (error instanceof NftFailed && /No such file/.test(error.message)) return 'nothing'
    throw error
  }
  using routes = createNodeRoutes(openNetlinkSocket({ groups: 0 }))
  routes.clear()
  return 'removed'
}
