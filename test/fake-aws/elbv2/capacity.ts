// Reserved capacity of load balancers (API_ModifyCapacityReservation, API_DescribeCapacityReservation; "Capacity reservations" guides).
import type {
  DescribeCapacityReservationInput,
  DescribeCapacityReservationOutput,
  ModifyCapacityReservationInput,
  ModifyCapacityReservationOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { awsError, invalid } from '../errors.ts'
import type { LoadBalancer } from '../records.ts'
import { findLoadBalancer } from './find.ts'

const decreasesPerDay = 2
const dayMs = 24 * 60 * 60 * 1000
/** The least that can be reserved: per zone of a Network Load Balancer, per Application Load Balancer. */
const leastUnits = { network: 2750, application: 100 } as const

function modify(input: ModifyCapacityReservationInput, call: Call): ModifyCapacityReservationOutput {
  const balancer = findLoadBalancer(call.world, input.LoadBalancerArn)
  const { MinimumLoadBalancerCapacity: wanted, ResetCapacityReservation: reset } = input
  if ((wanted === undefined) === (reset !== true)) {
    throw invalid('Either MinimumLoadBalancerCapacity or ResetCapacityReservation must be specified, and not both')
  }
  const now = call.now()
  if (now - balancer.createdAt < call.settings.timings.provisioningMs) {
    throw awsError('InvalidConfigurationRequest', `Load balancer '${balancer.name}' is not active`)
  }
  if (balancer.capacity && isPending(balancer.capacity, now, call)) {
    throw awsError('CapacityReservationPending', `A capacity reservation of load balancer '${balancer.name}' is pending`)
  }
  const units = reset ? 0 : (wanted?.CapacityUnits ?? 0)
  if (!reset) checkUnits(call, balancer, units)
  const decreases = (balancer.capacity?.decreases ?? []).filter(at => now - at < dayMs)
  const decreased = units < (balancer.capacity?.units ?? 0)
  if (decreased && decreases.length >= decreasesPerDay) {
    throw awsError('CapacityDecreaseRequestLimitExceeded', `Capacity can be decreased ${decreasesPerDay} times a day`)
  }
  const changed = { ...balancer, capacity: { units, since: now, decreases: decreased ? [...decreases, now] : decreases } }
  call.world.loadBalancers.put(balancer.arn, changed)
  return state(changed, now, call)
}

function checkUnits(call: Call, balancer: LoadBalancer, units: number): void {
  const { quotas } = call.settings
  const network = balancer.type === 'network'
  const least = network ? leastUnits.network * balancer.zones.length : leastUnits.application
  const most = network ? quotas.capacityUnitsPerNetworkLoadBalancer : quotas.capacityUnitsPerApplicationLoadBalancer
  if (units < least) throw awsError('InvalidConfigurationRequest', `At least ${least} capacity units must be reserved`)
  if (units > most) throw awsError('CapacityUnitsLimitExceeded', `At most ${most} capacity units can be reserved`)
}

type Capacity = NonNullable<LoadBalancer['capacity']>

function isPending(capacity: Capacity, time: number, call: Call): boolean {
  return capacity.units > 0 && time - capacity.since < call.settings.timings.capacityMs
}

function state(balancer: LoadBalancer, time: number, call: Call): DescribeCapacityReservationOutput {
  const { capacity } = balancer
  const used = capacity?.decreases.filter(at => time - at < dayMs).length ?? 0
  const decreases = { DecreaseRequestsRemaining: decreasesPerDay - used }
  if (!capacity) return decreases
  const modified = { ...decreases, LastModifiedTime: new Date(capacity.since) }
  if (capacity.units === 0) return modified
  const pending = isPending(capacity, time, call)
  return {
    ...modified,
    MinimumLoadBalancerCapacity: { CapacityUnits: capacity.units },
    CapacityReservationState: balancer.zones.map(zone => ({
      AvailabilityZone: zone.zone,
      State: { Code: pending ? 'pending' : 'provisioned' },
      EffectiveCapacityUnits: pending ? 0 : capacity.units / balancer.zones.length,
    })),
  }
}

function describe(input: DescribeCapacityReservationInput, call: Call): DescribeCapacityReservationOutput {
  return state(findLoadBalancer(call.seen, input.LoadBalancerArn), call.seenAt, call)
}

export const capacityOperations = {
  ModifyCapacityReservation: modify,
  DescribeCapacityReservation: describe,
} satisfies Operations
