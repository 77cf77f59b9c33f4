// The seam between the commands that foretell (plan, diff) and the providers: made by the composition root for an imagined cluster.
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import type { Announcing } from '../../controllers/announcement.ts'
import type { IngressProvider } from '../../ingress-provider.ts'
import type { LoadBalancerId } from '../../model/load-balancer.ts'
import type { Action, Provider } from '../../provider.ts'
import type { ForetoldAction } from './foretold.ts'
import type { ImaginedCluster } from './imagined.ts'

/** A provider that looks at the true world and changes at most the imagined one. */
export interface Foreteller {
  readonly provider: Provider
  readonly ingress?: IngressProvider
  /** Whether it has anything for a load balancer. */
  readonly holds: (id: LoadBalancerId) => boolean
  /** An action of `provider` or `ingress` as a person reads it, in one line. */
  readonly print: (action: Action) => string
  /** What an action is for, the same for all that are: `a first IPv4 address`. Absent: as it prints. */
  readonly aim?: (action: Action) => string
  /** Whether an action is planned at every look, whatever there is to do: alone it says nothing. */
  readonly isRoutine?: (action: Action) => boolean
  /** What would be done besides the plan, by loops of the provider's own. */
  readonly besides?: (observed: unknown, signal: AbortSignal) => Promise<readonly ForetoldAction[]>
  /** What a class gives, as `a Network Load Balancer in us-west-2`. */
  readonly gives: (lbClass: LoadBalancerClass, what: 'service' | 'ingress') => string
  /**
   * Announcements, where there are such. Then everything that the provider does is done to objects of the cluster, so its plans
   * are carried out in the imagined one, and what follows from them is seen as well. Without them nothing is carried out.
   */
  readonly announcing?: Announcing & { readonly print: (action: Action) => string }
}

export type Foretellers = ReadonlyMap<string, Foreteller>

/** Makes those of all providers that `imagined` has classes of. */
export type MakeForetellers = (imagined: ImaginedCluster, signal: AbortSignal) => Promise<Foretellers>
