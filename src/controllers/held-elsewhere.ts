// Whether something of a Service is with a provider that this installation does not run: then it must not be released.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { ApiError } from '../kubernetes/errors.ts'
import type { Writer } from '../kubernetes/writes.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { Problem } from '../model/load-balancer.ts'
import { loadBalancerName } from './load-balancer-ledger.ts'
import { loadBalancers } from './resources.ts'
import { idOf } from '../model/service-id.ts'
import type { Stores } from './stores.ts'

/** What holds a Service back from being released; undefined when nothing does. */
export type HeldElsewhere = (
  service: Service,
  /** Its class, unless that is gone from it with its type. */
  lbClass: LoadBalancerClass | undefined,
  signal: AbortSignal,
) => Promise<Problem | undefined>

/**
 * Addresses are seen in AddressBlocks, which every controller watches; what was made on AWS has a LoadBalancer object. Where
 * those may not be read, the class decides.
 */
export function createHeldElsewhere(options: {
  readonly providers: ReadonlySet<string>
  readonly blocks: Pick<Stores['blocks'], 'values'>
  readonly writer: Pick<Writer, 'get'>
  /** Weir's own, where LoadBalancers are. */
  readonly namespace: string
}): HeldElsewhere {
  const { providers, blocks, writer, namespace } = options

  const blockOf = (uid: string | undefined): string | undefined => {
    for (const { metadata, spec } of blocks.values())
      if (Object.values(spec.allocations).some(({ owners }) => owners.some(owner => owner.uid === uid))) return metadata.name
    return undefined
  }
  const loadBalancerOf = async (service: Service, isOfAws: boolean, signal: AbortSignal): Promise<string | undefined> => {
    const name = loadBalancerName(idOf(service))
    try {
      await writer.get(loadBalancers, name, namespace, { signal })
      return name
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 404) return undefined
      if (error.code === 403) return isOfAws ? name : undefined
      throw error
    }
  }
  return async (service, lbClass, signal) => {
    if (!providers.has('local')) {
      const block = blockOf(service.metadata.uid)
      if (block !== undefined) return heldProblem('local', `AddressBlock ${block}`)
    }
    // Of a class whose provider runs nothing can be with another one, and each deletion would cost a request.
    if (providers.has('aws') || (lbClass && providers.has(lbClass.spec.provider))) return undefined
    const name = await loadBalancerOf(service, lbClass?.spec.provider === 'aws', signal)
    return name === undefined ? undefined : heldProblem('aws', `LoadBalancer ${namespace}/${name}`)
  }
}

function heldProblem(provider: string, what: string): Problem {
  return {
    reason: 'ProviderNotConfigured',
    message: `Something of this Service is with the provider ${provider}, which this controller does not run (${what}); it is not released.`,
    remedy: `Run the controller with the provider ${provider}. If nothing is left there, take the finalizer of Weir off the Service.`,
    severity: 'blocks',
  }
}
