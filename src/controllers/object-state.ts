// What the controller knows and wants of one object, for /debug/state: from the stores and the loops, without a request to anybody.
import { announcementName, parseAddress } from '../model/address.ts'
import { makeKey } from '../kubernetes/objects.ts'
import type { ReadState } from '../observability/debug-state.ts'
import type { AgentLiveness } from './agents.ts'
import type { ServiceController } from './service.ts'
import type { Stores } from './stores.ts'

export const stateForms = [
  'service/NAMESPACE/NAME',
  'ingress/NAMESPACE/NAME',
  'class/NAME',
  'pool/NAME',
  'announcement/ADDRESS',
  'node/NAME',
] as const

export interface StateSources {
  readonly stores: Stores
  readonly agents: Pick<AgentLiveness, 'alive'>
  /** Undefined while another process leads: then there are objects, and no model of them. */
  readonly services: () => ServiceController | undefined
}

export function objectStates({ stores, agents, services }: StateSources): ReadState {
  const announcementOf = (address: string) => {
    const parsed = parseAddress(address)
    return stores.announcements.get(parsed ? announcementName(parsed) : address)
  }
  const service = (namespace: string, name: string) => {
    const key = makeKey(namespace, name)
    const object = stores.services.get(key)
    const model = services()?.modelOf(key)
    if (!object && !model?.lastDecision) return undefined
    const addresses = (object?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
    return {
      object,
      leading: services() !== undefined,
      ...model,
      observed: {
        status: object?.status,
        endpointSlices: [...stores.slices.byIndex('service', key)],
        announcements: addresses.flatMap(address => announcementOf(address) ?? []),
      },
    }
  }
  return (kind, [first = '', second, ...rest]) => {
    if (rest.length > 0) return undefined
    if (second !== undefined) {
      if (kind === 'service') return service(first, second)
      const object = kind === 'ingress' ? stores.ingresses.get(makeKey(first, second)) : undefined
      return object && { object, lastDecision: stores.ingressReports.get(makeKey(first, second)) }
    }
    switch (kind) {
      case 'class':
        return wrapped(stores.classes.get(first))
      case 'pool': {
        const object = stores.pools.get(first)
        return (
          object && {
            object,
            blocks: [...stores.blocks.values()].filter(({ spec }) =>
              Object.values(spec.allocations).some(({ pool }) => pool === first),
            ),
          }
        )
      }
      case 'announcement':
        return wrapped(announcementOf(first))
      case 'node': {
        const [object, report] = [stores.nodes.get(first), stores.reports.get(first)]
        return object || report ? { object, report, agentAlive: agents.alive(first) } : undefined
      }
      default:
        return undefined
    }
  }
}

function wrapped(object: object | undefined): object | undefined {
  return object && { object }
}
