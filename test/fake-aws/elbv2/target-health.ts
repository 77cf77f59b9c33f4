// The health of targets at a moment: computed from when they were registered and from when their group is in use.
import type {
  DescribeTargetHealthInput,
  DescribeTargetHealthOutput,
  TargetDescription,
  TargetHealth,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import type { Timings } from '../settings.ts'
import type { Target, TargetGroup } from '../records.ts'
import type { View } from '../world.ts'
import { findTargetGroup } from './find.ts'
import { loadBalancerAttribute } from './load-balancer-attributes.ts'
import { targetGroupAttribute } from './target-group-attributes.ts'
import { presentTargets, targetKey } from './targets.ts'

/**
 * The health of one target at `time` in the world as it was then. Source: API_TargetHealth; "Target health status" in the user guides:
 * unused without a load balancer or in a zone that is not enabled, then initial until enough checks passed, draining until the delay is over.
 */
export function healthAt(view: View, timings: Timings, group: TargetGroup, target: Target, time: number): TargetHealth {
  if (target.drainingUntil !== undefined) {
    return health('draining', 'Target.DeregistrationInProgress', 'Target deregistration is in progress')
  }
  const balancer = view.loadBalancers.get(group.usedBy?.loadBalancer ?? '')
  if (!balancer)
    return health('unused', 'Target.NotInUse', 'Target group is not configured to receive traffic from the load balancer')
  const instance = group.targetType === 'instance' ? view.instances.get(target.id) : undefined
  if (group.targetType === 'instance' && instance?.state !== 'running') {
    return health('unused', 'Target.InvalidState', `Target is in the ${instance?.state ?? 'terminated'} state`)
  }
  const zone = target.zone ?? instance?.zone
  const crossZone = crossesZones(group, loadBalancerAttribute(balancer, 'load_balancing.cross_zone.enabled'))
  const enabled = zone === undefined || zone === 'all' || balancer.zones.some(found => found.zone === zone)
  if (!enabled && !(crossZone && balancer.type === 'network')) {
    return health('unused', 'Target.NotInUse', 'Target is in an Availability Zone that is not enabled for the load balancer')
  }
  const override =
    view.healthOverrides.get(`${group.arn} ${targetKey(group, target)}`) ??
    view.healthOverrides.get(targetKey(group, target)) ??
    view.healthOverrides.get(target.id)
  if (override) {
    if (override.state === 'healthy') return { State: 'healthy' }
    return health(override.state, override.reason ?? 'Target.FailedHealthChecks', 'Health checks failed')
  }
  const from = Math.max(target.registeredAt, group.usedBy?.since ?? 0, balancer.createdAt + timings.provisioningMs)
  if (time < from) return health('initial', 'Elb.RegistrationInProgress', 'Target registration is in progress')
  if (time < from + timings.initialHealthMs)
    return health('initial', 'Elb.InitialHealthChecking', 'Initial health checks in progress')
  return { State: 'healthy' }
}

function crossesZones(group: TargetGroup, ofBalancer: string | undefined): boolean {
  const own = targetGroupAttribute(group, 'load_balancing.cross_zone.enabled')
  return own === 'use_load_balancer_configuration' ? ofBalancer === 'true' : own === 'true'
}

function health(
  State: NonNullable<TargetHealth['State']>,
  Reason: NonNullable<TargetHealth['Reason']>,
  Description: string,
): TargetHealth {
  return { State, Reason, Description }
}

function describe(input: DescribeTargetHealthInput, call: Call): DescribeTargetHealthOutput {
  const group = findTargetGroup(call.seen, input.TargetGroupArn)
  const targets = presentTargets(group, call.seenAt)
  const found = input.Targets?.length
    ? input.Targets.map(wanted => describeNamed(call, group, targets, wanted))
    : targets.map(target => describeOne(call, group, target))
  return { TargetHealthDescriptions: found }
}

function describeNamed(
  call: Call,
  group: TargetGroup,
  targets: readonly Target[],
  wanted: TargetDescription,
): TargetHealthDescription {
  const key = targetKey(group, { id: wanted.Id ?? '', port: wanted.Port })
  const target = targets.find(found => targetKey(group, found) === key)
  if (target) return describeOne(call, group, target)
  const port = wanted.Port ?? group.port
  return {
    Target: { Id: wanted.Id, ...(port === undefined ? {} : { Port: port }) },
    TargetHealth: health('unused', 'Target.NotRegistered', 'Target is not registered to the target group'),
  }
}

function describeOne(call: Call, group: TargetGroup, target: Target): TargetHealthDescription {
  const port = group.healthCheck.port === 'traffic-port' ? String(target.port ?? group.port) : group.healthCheck.port
  return {
    Target: {
      Id: target.id,
      ...(target.port === undefined ? {} : { Port: target.port }),
      ...(target.zone === undefined ? {} : { AvailabilityZone: target.zone }),
    },
    HealthCheckPort: port,
    TargetHealth: healthAt(call.seen, call.settings.timings, group, target, call.seenAt),
  }
}

export const targetHealthOperations = { DescribeTargetHealth: describe } satisfies Operations
