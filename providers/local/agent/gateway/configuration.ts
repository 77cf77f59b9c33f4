// The configuration of a node's Envoys, made of its members: anew when something of them changes.
import type { Resources } from '../../gateway/envoy.ts'
import type { Gateway, GatewayFacts } from '../../gateway/gateway.ts'
import { gatewaysOf, secretFacts } from './members.ts'
import type { ClusterView, Frame, Members } from './members.ts'
import { EncodingError } from './protocol/encode.ts'
import type { Target, TargetMaker } from './target.ts'

export interface ConfigurationOptions {
  readonly view: Pick<ClusterView, 'services'>
  readonly targets: GatewayFacts['targets']
  readonly xds: (gateways: readonly Gateway[], facts: GatewayFacts) => Resources
  readonly make: TargetMaker
}

/** What all members share; another object when some of it changed. */
export interface Surroundings {
  readonly frames: readonly Frame[]
  readonly bind: string
}

/** Renders members. Throws EncodingError for whatever is wrong with them. */
export type Configuration = (surroundings: Surroundings, members: Members) => Target

export function createConfiguration({ view, targets, xds, make }: ConfigurationOptions): Configuration {
  let last: { readonly of: Surroundings; readonly members: Members; readonly gateways: readonly Gateway[] } | undefined
  const firstPort: GatewayFacts['firstPort'] = ({ namespace, name }) =>
    view.services.get(`${namespace}/${name}`)?.spec.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.port
  return (of, members) => {
    try {
      // Endpoints change most often, and no model changes with them.
      const isAsBefore = last?.of === of && isSame(last.members, members)
      const gateways = last && isAsBefore ? last.gateways : gatewaysOf(of.frames, view, members)
      const target = make(xds(gateways, { bind: of.bind, targets, firstPort, ...secretFacts(members) }))
      last = { of, members, gateways }
      return target
    } catch (error) {
      if (error instanceof EncodingError) throw error
      throw new EncodingError(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}

function isSame(one: Members, other: Members): boolean {
  if (one.size !== other.size) return false
  for (const [id, version] of one) {
    const found = other.get(id)
    if (found?.digest !== version.digest) return false
    if (found.value.kind === 'ingress' && version.value.kind === 'ingress' && found.value.gateway !== version.value.gateway)
      return false
  }
  return true
}
