// What has to stand in the kernel before anything of ours is written: our table and what the kernel itself keeps in it.
import type { DesiredTable } from './desired.ts'
import { hasPlainName } from './element.ts'
import { familyOf } from './elements.ts'
import { tableName } from './names.ts'
import type { Family } from './names.ts'
import { NftFailed } from './nft.ts'
import type { Nft } from './nft.ts'
import { presentQuestions, readPresentTable } from './present-table.ts'
import { frame } from './skeleton.ts'

type Held = Pick<DesiredTable, 'interfaces' | 'services'>

/**
 * Lays the ground; what stands there stays. A table of another layout cannot be gone on with: it gives way in one transaction, and until packets
 * are led anew (`switchTo`) those for the addresses are dropped. Their senders try again, while kube-proxy would take open connections for
 * new ones. True when that is so. Throws NftFailed; then what was there is there still.
 */
export async function layGround(nft: Nft, desired: Held, signal?: AbortSignal): Promise<boolean> {
  const present = readPresentTable(await nft.list(presentQuestions.active), await nft.list(presentQuestions.chains))
  if (!present.isForeign) {
    try {
      await nft.run(textOf(frame()), signal)
      return false
    } catch (error) {
      if (!isOfAnotherKind(error)) throw error
    }
  }
  const at = `inet ${tableName}`
  await nft.run(textOf([`add table ${at}`, `delete table ${at}`, ...frame(), ...hold(desired)]), signal)
  return true
}

/** What could not be led anew is left to kube-proxy. */
export async function letGo(nft: Nft): Promise<void> {
  await nft.run(`flush chain inet ${tableName} steer\n`)
}

/** What nft says when a map of that name has another type, or a chain another hook. */
function isOfAnotherKind(error: unknown): boolean {
  return error instanceof NftFailed && /File exists|Operation not supported/.test(error.message)
}

function hold({ interfaces, services }: Held): readonly string[] {
  const names = interfaces.filter(hasPlainName).map(name => `"${name}"`)
  const addresses = new Map<Family, Set<string>>()
  for (const service of services.values()) {
    const family = familyOf(service)
    if (service.path !== 'elsewhere') addresses.set(family, (addresses.get(family) ?? new Set()).add(service.address.text))
  }
  if (names.length === 0) return []
  return [...addresses].map(
    ([family, texts]) =>
      `add rule inet ${tableName} steer iifname { ${names.join(', ')} } ${family === 4 ? 'ip' : 'ip6'} daddr { ${[...texts].join(', ')} } drop`,
  )
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
