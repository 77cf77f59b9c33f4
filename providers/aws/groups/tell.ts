// Members of a group look for themselves; when one's look changes what another is to be told, that one is woken.
import type { GroupId, ServiceId } from '../../../src/model/load-balancer.ts'
import type { AwsGoal } from '../model/goal.ts'
import { hashOf } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'
import { existingOf, wishOf } from '../observe/wish.ts'

export function tellOthers(
  { ledger, memory }: Context,
  {
    group,
    goal,
    except,
    wake,
  }: {
    readonly group: GroupId
    readonly goal: AwsGoal | undefined
    readonly except: ServiceId | undefined
    readonly wake: (id: ServiceId) => void
  },
): void {
  const record = ledger.read(group)
  if (!goal?.sharing || !record) return
  const { joined } = wishOf(goal, existingOf(record), record.place)
  if (!joined) return
  for (const { id } of goal.sharing.members) {
    const { uid } = id
    const ports = joined.listeners.filter(({ owner }) => owner.uid === uid).map(({ listener }) => listener.port)
    const member = record.members?.find(each => each.id.uid === uid)
    const news = hashOf({
      dnsName: record.dnsName,
      ports,
      problems: joined.problems.get(uid) ?? [],
      errors: joined.portErrors.get(uid) ?? [],
      unfinished: member?.unfinished ?? false,
    })
    const before = memory.told.get(uid)
    memory.told.set(uid, news)
    if (before !== news && uid !== except?.uid) wake(id)
  }
}
