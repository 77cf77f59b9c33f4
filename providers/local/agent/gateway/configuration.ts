// The configuration of a node's Envoys, made of its members: whole when something of them changes, only endpoints when only these do.
import type { Resources } from '../../gateway/envoy.ts'
import { clustersOf } from '../../gateway/clusters.ts'
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
  let last:
    | {
        readonly of: Surroundings
        readonly members: Members
        readonly gateways: readonly Gateway[]
        readonly resources: Resources
      }
    | undefined
  const whole = (of: Surroundings, members: Members) => {
    const gateways = gatewaysOf(of.frames, view, members)
    const firstPort: GatewayFacts['firstPort'] = ({ namespace, name }) =>
      view.services.get(`${namespace}/${name}`)?.spec.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.port
    const resources = xds(gateways, { bind: of.bind, targets, firstPort, ...secretFacts(members) })
    return { of, members, gateways, resources }
  }
  return (of, members) => {
    try {
      const isAsBefore = last?.of === of && isSame(last.members, members)
      const now =
        last && isAsBefore
          ? { ...last, resources: { ...last.resources, endpoints: endpointsOf(last.gateways, targets) } }
          : whole(of, members)
      const target = make(now.resources)
      last = now
      return target
    } catch (error) {
      if (error instanceof EncodingError) throw error
      throw new EncodingError(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}

function endpointsOf(gateways: readonly Gateway[], targets: GatewayFacts['targets']): Resources['endpoints'] {
  return new Map(clustersOf(gateways, { targets }).endpoints.map(each => [each.cluster_name, each]))
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
