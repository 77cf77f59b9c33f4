// Carries a plan out and keeps on record how far that came, however it ends.
import type { AwsAction } from '../actions.ts'
import { keep } from './keep.ts'
import { doubt } from './doubt.ts'
import type { Run } from './run.ts'
import { carryOut } from './steps.ts'
import type { Wait } from './steps.ts'

/** `finish` has the ids of everything on the record of the run, and the wait that ended the plan. */
export async function onRecord<T>(
  run: Run,
  actions: readonly AwsAction[],
  finish: (wait: Wait | undefined) => Promise<T>,
): Promise<T> {
  const { context, id, location, caller } = run
  context.memory.doubted.delete(id.uid)
  context.memory.going.delete(id.uid)
  try {
    const wait = await carryOut(run, actions)
    run.record = { ...run.record, ids: Object.fromEntries(run.ids) }
    return await finish(wait)
  } catch (error) {
    if (!caller.signal.aborted) {
      await keep(context, id, { ...run.record, ids: Object.fromEntries(run.ids) }, caller)
      doubt(context, id, location, error)
    }
    throw error
  }
}
