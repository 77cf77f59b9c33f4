// What every look at a Service is handed, and what is made of the Service first: whose it is.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { claim } from '../model/claim.ts'
import type { Claim } from '../model/claim.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import { idOf } from '../model/service-id.ts'
import type { TakeOvers } from '../model/take-over.ts'
import type { Provider } from '../provider.ts'
import type { Surroundings } from './controller.ts'
import type { HeldElsewhere } from './held-elsewhere.ts'
import type { Orphans } from './orphans.ts'
import type { ServiceMemory } from './service-memory.ts'

export interface ServiceContext {
  readonly surroundings: Surroundings
  /** The providers this installation runs, by name. */
  readonly providers: ReadonlyMap<string, Provider>
  readonly providerNames: ReadonlySet<string>
  /** Every class there is; the same list until one changes. */
  readonly classes: () => readonly LoadBalancerClass[]
  readonly memory: ServiceMemory
  readonly orphans: Orphans
  /** Whether something is held outside for it at this moment. */
  readonly isHeld: (id: LoadBalancerId) => boolean
  /** Whether the controllers behind aliases are gone. */
  readonly takeOvers: () => TakeOvers
  /** Whether something of a Service is with a provider that does not run here. Absent: all do. */
  readonly heldElsewhere?: HeldElsewhere | undefined
}

/** Whose a Service is, and what has to happen for that. */
export function claimOf({ classes, providerNames, isHeld, takeOvers }: ServiceContext, service: Service): Claim {
  return claim(service, classes(), {
    allocated: isHeld(idOf(service)),
    providers: providerNames,
    takeOvers: takeOvers(),
  })
}
