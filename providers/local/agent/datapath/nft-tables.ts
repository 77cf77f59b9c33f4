// Our tables as a whole: taking them away, whatever is in them.
import { tableName } from './names.ts'
import { NftFailed } from './nft.ts'
import type { Nft } from './nft.ts'
import { shortcutTable } from './shortcuts.ts'

/** Whether there was one. Throws NftFailed when nft cannot be run, or refuses. */
export async function removeTables(nft: Nft): Promise<boolean> {
  const isGone = await removeTable(nft, `inet ${tableName}`)
  try {
    await removeTable(nft, shortcutTable)
  } catch (error) {
    // A kernel without that family has no such table; and alone it does nothing, since the other one gives packets their marks.
    if (!(error instanceof NftFailed)) throw error
  }
  return isGone
}

async function removeTable(nft: Nft, table: string): Promise<boolean> {
  try {
    await nft.run(`delete table ${table}\n`)
    return true
  } catch (error) {
    if (error instanceof NftFailed && /No such file/.test(error.message)) return false
    throw error
  }
}
