// What a provider is made from, and what of it the controller runs.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import type { IngressProvider } from '../ingress-provider.ts'
import type { Provider } from '../provider.ts'
import type { AgentLiveness } from './agents.ts'
import type { ClassController } from './class.ts'
import type { ClassTrouble } from './class-verdicts.ts'
import type { Controller, Surroundings } from './controller.ts'
import type { IngressController } from './ingress.ts'
import type { ServiceController } from './service.ts'

/** What a provider is made from; lives as long as one term of leadership. */
export interface ProviderSurroundings extends Surroundings {
  readonly agents: AgentLiveness
  /** For kinds that only this provider needs. */
  readonly transport: Transport
  /** Weir's own namespace. */
  readonly namespace: string
  /** Asks the API server whether this process is still the active controller; rejects when it is not. */
  readonly confirmLeading: (signal: AbortSignal) => Promise<void>
  /** Ends with the term. */
  readonly signal: AbortSignal
}

/** A provider with what else of it the controller runs. */
export interface ProviderParts {
  readonly provider: Provider
  /** Whether it holds anything for a load balancer now, known without asking anybody outside. Asked at every look. */
  readonly holds: (id: LoadBalancerId) => boolean
  /** Targets by health, where the provider checks them itself. For metrics. */
  readonly targetsSeen?: () => ReadonlyMap<string, number>
  /** Why it cannot serve a class now; undefined when it can. */
  readonly classTrouble?: (subject: LoadBalancerClass) => ClassTrouble | undefined
  /** What there is to say besides of a class that it can serve. */
  readonly classRemark?: (subject: LoadBalancerClass) => string | undefined
  /** How it serves Ingresses; absent while it cannot, or when it never does. */
  readonly ingress?: IngressProvider | undefined
  /** What else uses a class besides Services and Ingresses, each by kind and name, sorted. */
  readonly classUsers?: (subject: LoadBalancerClass) => readonly string[]
  /** Loops of the provider's own objects, started after those of Services, classes and Ingresses. */
  readonly start?: (services: ServiceController, classes: ClassController, ingresses: IngressController) => readonly Controller[]
}
