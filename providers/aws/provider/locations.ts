// The places load balancers stand in, each with its own calls, limits and pictures; made when they are first needed.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import { reasons } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import { createCalls } from '../calls/calls.ts'
import type { AwsCalls, Transports } from '../calls/calls.ts'
import { createLimiter } from '../calls/limiter.ts'
import type { LimiterClock, Rates } from '../calls/limiter.ts'
import type { CallMeter, HealthSeen } from '../calls/meter.ts'
import { batches } from '../limits.ts'
import type { Place } from '../model/ledger.ts'
import { hashOf } from '../model/ledger.ts'
import { createPictures, tagsOf } from '../snapshots/pictures.ts'
import type { Pictures } from '../snapshots/pictures.ts'
import { foundSecurityGroup } from '../snapshots/shapes.ts'
import type { Tags } from '../snapshots/shapes.ts'
import { together } from '../snapshots/together.ts'

export interface Location {
  readonly place: Place
  readonly calls: AwsCalls
  readonly pictures: Pictures
  /** Tags as they are now, by ARN; those of many owners in one call. */
  readonly freshTags: (arns: readonly string[]) => Promise<ReadonlyMap<string, Tags>>
  /** Tags of security groups as they are now, by id. */
  readonly freshGroupTags: (ids: readonly string[]) => Promise<ReadonlyMap<string, Tags>>
}

/** Region and VPC where classes say nothing: of the environment, else of the instance the controller runs on. */
export interface Whereabouts {
  readonly region?: string
  readonly vpcId?: string
}

export interface LocationsOptions {
  readonly transports: (place: Place) => Transports
  /** What is known now; may become known later. */
  readonly whereabouts: () => Whereabouts
  readonly clock: LimiterClock
  readonly rates?: Rates
  readonly signal: AbortSignal
  /** Hears of every call. */
  readonly meter?: CallMeter | undefined
  /** Takes in what AWS says of targets. */
  readonly health?: HealthSeen
}

export interface Locations {
  of(place: Place): Location
  /** The location of a class; undefined while region or VPC are not known. */
  ofClassIfKnown(found: LoadBalancerClass): Location | undefined
  /** The location of a class. Throws NotConfigured while region or VPC are not known. */
  ofClass(found: LoadBalancerClass): Location
}

export function createLocations(options: LocationsOptions): Locations {
  const { transports, whereabouts, clock, rates, signal, meter, health } = options
  const listening = { monotonic: () => clock.monotonic(), meter, ...(health && { health }) }
  const made = new Map<string, Location>()
  const of = (place: Place): Location => {
    const key = hashOf(place)
    const known = made.get(key)
    if (known) return known
    // AWS counts calls by account and region; places that share both but not the VPC are rare enough to be counted apart.
    const calls = createCalls(transports(place), createLimiter(clock, rates), listening)
    const pictures = createPictures({ calls, vpcId: place.vpcId, monotonic: () => clock.monotonic(), signal })
    const location = { place, calls, pictures, ...freshLooks(calls, clock, signal) }
    made.set(key, location)
    return location
  }
  const placeOf = ({ spec }: LoadBalancerClass): Partial<Place> => {
    const { region: own, vpcId: ownVpc, assumeRole, endpoints } = spec.aws ?? {}
    const around = whereabouts()
    const region = own ?? around.region
    // The VPC of the surroundings is of the region of the surroundings.
    const vpcId = ownVpc ?? (region === around.region ? around.vpcId : undefined)
    return {
      ...(region === undefined ? {} : { region }),
      ...(vpcId === undefined ? {} : { vpcId }),
      ...(assumeRole === undefined ? {} : { assumeRole }),
      ...(endpoints === undefined ? {} : { endpoints }),
    }
  }
  const ofClassIfKnown = (found: LoadBalancerClass): Location | undefined => {
    const { region, vpcId, ...rest } = placeOf(found)
    return region === undefined || vpcId === undefined ? undefined : of({ region, vpcId, ...rest })
  }
  return {
    of,
    ofClassIfKnown,
    ofClass: found => {
      const known = ofClassIfKnown(found)
      if (known) return known
      const what = placeOf(found).region === undefined ? 'region' : 'VPC'
      throw new ProviderError({
        code: 'NotConfigured',
        message: `The ${what} of class ${found.metadata.name} is not known yet.`,
        remedy: reasons.NotConfigured.remedy,
        retry: 'later',
      })
    },
  }
}

/** How long a look before a deletion waits for others to join it. */
const windowMs = 20

function freshLooks(calls: AwsCalls, clock: LimiterClock, signal: AbortSignal): Pick<Location, 'freshTags' | 'freshGroupTags'> {
  const caller = { key: 'shared', signal }
  const schedule = (ms: number, run: () => void) => clock.schedule(ms, run)
  return {
    freshTags: together({ most: batches.arnsPerDescribe, windowMs, schedule, look: arns => tagsOf(calls, arns, caller) }),
    freshGroupTags: together({
      most: 100,
      windowMs,
      schedule,
      look: async ids => {
        // A filter finds what is left without failing for what is gone.
        const Filters = [{ Name: 'group-id', Values: [...ids] }]
        const { SecurityGroups = [] } = await calls.ec2('DescribeSecurityGroups', { Filters }, caller)
        return new Map(SecurityGroups.map(foundSecurityGroup).map(({ id, tags }) => [id, tags]))
      },
    }),
  }
}

/** Made when it is first asked for. */
export function perLocation<T>(make: (location: Location) => T): (location: Location) => T {
  const made = new Map<Location, T>()
  return location => {
    const known = made.get(location) ?? make(location)
    made.set(location, known)
    return known
  }
}
