// The target groups whose targets are kept up: those that are wanted, as they really are, and those they replace, as long as these stand.
import type { DesiredLoadBalancer, LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import { ownerOf } from '../model/names.ts'
import { isOwnedBy, ownerUidTag, resourceTag } from '../model/ownership.ts'
import type { FoundTargetGroup } from '../snapshots/shapes.ts'
import type { TargetGroupSettings } from '../settings/aws-settings.ts'

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
    readonly id: LoadBalancerId
    readonly whose: LoadBalancerId
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
      !current.has(arn) && isOwnedBy(tags, cluster, ownerOf(id)) && (id.kind === 'Service' || tags[ownerUidTag] === whose.uid),
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
