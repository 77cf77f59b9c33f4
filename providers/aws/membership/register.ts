// Brings the targets of one target group to what they shall be: what is new is registered before anything is taken away.
import type { TargetDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { AwsCalls, Caller } from '../calls/calls.ts'
import { hasCode, isGone } from '../calls/errors.ts'
import { targetKey } from './targets.ts'
import type { Target } from './targets.ts'

/** Targets in one call: a call with more takes AWS too long to answer. */
export const batchSize = 200

export type Registered = ReadonlyMap<string, Target>

export interface Difference {
  readonly register: readonly Target[]
  readonly deregister: readonly Target[]
}

/** What to do for `registered` to become `wanted`. A target whose zone differs is registered anew, which AWS allows in place. */
export function difference(wanted: readonly Target[], registered: Registered): Difference {
  const keys = new Set(wanted.map(targetKey))
  return {
    register: wanted.filter(target => {
      const present = registered.get(targetKey(target))
      return !present || present.zone !== target.zone
    }),
    deregister: [...registered].flatMap(([key, target]) => (keys.has(key) ? [] : [target])),
  }
}

/** What is registered and not on its way out, asked of AWS. */
export async function describeRegistered(calls: AwsCalls, group: string, caller: Caller): Promise<Registered> {
  const { TargetHealthDescriptions = [] } = await calls.elb('DescribeTargetHealth', { TargetGroupArn: group }, caller)
  const present = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== 'draining')
  return new Map(
    present.map(({ Target: found }): [string, Target] => {
      const outside = found?.AvailabilityZone === 'all' ? { zone: 'all' as const } : {}
      const target = { id: found?.Id ?? '', port: found?.Port ?? 0, ...outside }
      return [targetKey(target), target]
    }),
  )
}

export interface Refusal {
  readonly target: Target
  readonly message: string
}

/**
 * Registers targets in batches. One that AWS refuses (an instance that ended, an address of no subnet) spoils only itself: the
 * batch is halved until it stands alone.
 */
export async function register(
  calls: AwsCalls,
  group: string,
  targets: readonly Target[],
  caller: Caller,
): Promise<readonly Refusal[]> {
  const refused: Refusal[] = []
  for (const batch of batches(targets)) refused.push(...(await registerBatch(calls, group, batch, caller)))
  return refused
}

/**
 * As `register`, where targets that are to go may hold the room that the new ones need: then `makeRoom` takes those away first.
 * Without it, or when that is not enough, rejects with QuotaReached.
 */
export async function registerWithRoom(
  calls: AwsCalls,
  group: string,
  { targets, makeRoom }: { readonly targets: readonly Target[]; readonly makeRoom: (() => Promise<void>) | undefined },
  caller: Caller,
): Promise<readonly Refusal[]> {
  try {
    return await register(calls, group, targets, caller)
  } catch (error) {
    if (!makeRoom || !hasCode(error, 'TooManyTargets')) throw error
    await makeRoom()
    return register(calls, group, targets, caller)
  }
}

async function registerBatch(
  calls: AwsCalls,
  group: string,
  batch: readonly Target[],
  caller: Caller,
): Promise<readonly Refusal[]> {
  try {
    await calls.elb('RegisterTargets', { TargetGroupArn: group, Targets: batch.map(describe) }, caller)
    return []
  } catch (error) {
    // ValidationError is what AWS says of an instance id it cannot read or an address of the wrong family.
    if (!hasCode(error, 'InvalidTarget', 'ValidationError')) throw error
    const [first] = batch
    if (batch.length === 1 && first) return [{ target: first, message: error instanceof Error ? error.message : String(error) }]
    const half = Math.ceil(batch.length / 2)
    return [
      ...(await registerBatch(calls, group, batch.slice(0, half), caller)),
      ...(await registerBatch(calls, group, batch.slice(half), caller)),
    ]
  }
}

/** Takes targets away in batches; a group that is gone has none. */
export async function deregister(calls: AwsCalls, group: string, targets: readonly Target[], caller: Caller): Promise<void> {
  for (const batch of batches(targets)) {
    try {
      await calls.elb('DeregisterTargets', { TargetGroupArn: group, Targets: batch.map(describe) }, caller)
    } catch (error) {
      if (isGone(error)) return
      throw error
    }
  }
}

function describe({ id, port, zone }: Target): TargetDescription {
  return { Id: id, Port: port, ...(zone === undefined ? {} : { AvailabilityZone: zone }) }
}

function batches(targets: readonly Target[]): readonly (readonly Target[])[] {
  const count = Math.ceil(targets.length / batchSize)
  return Array.from({ length: count }, (_, index) => targets.slice(index * batchSize, (index + 1) * batchSize))
}
