// The rules that listeners have.
import type { Caller } from '../../calls/calls.ts'
import { isGone } from '../../calls/errors.ts'
import type { FoundListenerRule } from '../../model/application.ts'
import type { Location } from '../../provider/locations.ts'
import { foundRule } from '../../snapshots/rule-shapes.ts'
import type { FoundListener } from '../../snapshots/shapes.ts'

/** AWS gives at most so many per page (API_DescribeRules). */
const pageSize = 400

/** Those of all listeners. With `isFresh` AWS is asked, whatever is remembered. */
export async function rulesOf(
  location: Location,
  listeners: readonly FoundListener[],
  isFresh: boolean,
  caller: Caller,
): Promise<readonly FoundListenerRule[]> {
  const { rules } = location.pictures
  const lists = await Promise.all(
    listeners.map(async ({ arn }) => {
      const known = isFresh ? undefined : rules.known(arn)
      return known ?? look(location, arn, caller)
    }),
  )
  return lists.flat()
}

async function look({ calls, pictures }: Location, listener: string, caller: Caller): Promise<readonly FoundListenerRule[]> {
  const found: FoundListenerRule[] = []
  let next: string | undefined
  try {
    do {
      const marker = next === undefined ? {} : { Marker: next }
      const answer = await calls.elb('DescribeRules', { ListenerArn: listener, PageSize: pageSize, ...marker }, caller)
      found.push(...(answer.Rules ?? []).flatMap(rule => foundRule(rule, listener) ?? []))
      next = answer.NextMarker === '' ? undefined : answer.NextMarker
    } while (next !== undefined)
  } catch (error) {
    // A listener that was just deleted.
    if (!isGone(error)) throw error
    return []
  }
  pictures.rules.saw(listener, found)
  return pictures.rules.known(listener) ?? found
}
