// The target groups whose targets are kept up: those that are wanted, as they really are, and those they replace, as long as these stand.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { DesiredLoadBalancer } from '../../../src/model/load-balancer.ts'
import type { AwsGoal } from '../model/goal.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import { ownerOf } from '../model/names.ts'
import { isOwnedBy, ownerUidTag, resourceTag } from '../model/ownership.ts'
import type { FoundTargetGroup } from '../snapshots/shapes.ts'
import type { TargetGroupSettings } from '../settings/aws-settings.ts'
import type { Context } from '../observe/context.ts'
import { isInside } from '../observe/inside.ts'
import type { Location } from '../provider/locations.ts'
import { chooseFor } from './backends.ts'
import type { Target } from './targets.ts'

/** A target group with the wish that its targets follow. */
export interface StandingGroup {
  readonly arn: string
  readonly group: TargetGroupSettings
  /** Another one stands beside it, which takes its place. */
  readonly isOld: boolean
}

/** What is wanted where everything wanted was applied. */
export function appliedGroups(targetGroups: readonly TargetGroupSettings[], { ids }: LedgerRecord): readonly StandingGroup[] {
  return targetGroups.flatMap(group => {
    const arn = ids[`target-group/${group.key}`]
    return arn === undefined ? [] : [{ arn, group, isOld: false }]
  })
}

/**
 * While a change is under way, or could not be made, a group on record may take other targets than the wish says: nodes offered to
 * one that takes addresses would all be refused, and its own targets be taken away. What is replaced serves until it is gone, so
 * its targets follow the pods as well. `whose` has the endpoints, `id` the load balancer; `all` is what there is.
 */
export function standingGroups(
  all: ReadonlyMap<string, FoundTargetGroup>,
  {
    cluster,
    id,
    whose,
    targetGroups,
    record,
    desired,
  }: {
    readonly cluster: string
    readonly id: LoadBalancerOwner
    readonly whose: LoadBalancerOwner
    readonly targetGroups: readonly TargetGroupSettings[]
    readonly record: LedgerRecord
    readonly desired: Pick<DesiredLoadBalancer, 'listeners'> | undefined
  },
): readonly StandingGroup[] {
  const fitted = (arn: string, group: TargetGroupSettings, isOld: boolean): readonly StandingGroup[] => {
    const found = all.get(arn)
    const fitting = found ? asItIs(group, found, desired) : group
    return fitting ? [{ arn, group: fitting, isOld }] : []
  }
  const wanted = appliedGroups(targetGroups, record)
  const current = new Set(wanted.map(({ arn }) => arn))
  const old = [...all.values()].filter(
    ({ arn, tags }) =>
      !current.has(arn) && isOwnedBy(tags, cluster, ownerOf(id)) && (id.kind !== 'Group' || tags[ownerUidTag] === whose.uid),
  )
  return [
    ...wanted.flatMap(({ arn, group }) => fitted(arn, group, false)),
    ...old.flatMap(({ arn, tags }) => {
      const group = targetGroups.find(({ key }) => tags[resourceTag] === `target-group/${key}`)
      return group
        ? fitted(
            arn,
            group,
            wanted.some(each => each.group === group),
          )
        : []
    }),
  ]
}

/** The same wish for a group of this type; undefined when it cannot be told what its targets would be. */
function asItIs(
  group: TargetGroupSettings,
  { targetType, ipAddressType }: FoundTargetGroup,
  desired: Pick<DesiredLoadBalancer, 'listeners'> | undefined,
): TargetGroupSettings | undefined {
  const { nodePort: _other, ...rest } = group
  const fitting = { ...rest, ipAddressType: ipAddressType === 'ipv6' ? ('ipv6' as const) : ('ipv4' as const) }
  if (targetType === group.targetType) return { ...group, ...fitting }
  if (targetType !== 'instance') return { ...fitting, targetType: 'ip', nodeLabels: {}, nodesWithEndpointsOnly: false }
  const { port, protocol } = group.servicePort
  const nodePort = desired?.listeners.find(each => each.port === port && each.protocol === protocol)?.nodePort
  if (nodePort === undefined && group.service === undefined) return undefined
  return { ...fitting, targetType, ...(nodePort === undefined ? {} : { nodePort }) }
}

/** Groups that are being replaced, with the targets that they have meanwhile; of a load balancer that a group of Services shares, those of all. */
export async function replacedTargets(
  context: Context,
  {
    id,
    location,
    record,
    targetGroups,
    goal,
  }: {
    readonly id: LoadBalancerOwner
    readonly location: Location
    readonly record: LedgerRecord
    readonly targetGroups: readonly TargetGroupSettings[]
    readonly goal: AwsGoal | undefined
  },
  signal: AbortSignal,
): Promise<readonly (TargetGroupSettings & { readonly targets: readonly Target[] })[]> {
  const { pictures } = location
  const all = await pictures.targetGroups.all(signal)
  const parts = Map.groupBy(targetGroups, ({ member }) => member?.id ?? id)
  const old = [...parts].flatMap(([whose, groups]) => {
    const desired = goal?.sharing ? goal.sharing.members.find(each => each.id.uid === whose.uid)?.desired : goal?.desired
    const standing = standingGroups(all, { cluster: context.cluster, id, whose, targetGroups: groups, record, desired })
    return standing.filter(({ isOld }) => isOld).map(({ group }) => group)
  })
  if (old.length === 0) return []
  const inside = isInside([...(await pictures.subnets.all(signal)).values()])
  return old.map(group => ({ ...group, targets: chooseFor(context, id, group, inside).targets }))
}
