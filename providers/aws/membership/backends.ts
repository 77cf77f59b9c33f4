// Whose endpoints a target group has: those of the Service it was made for, or of another Service that a listener forwards to.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { warns } from '../model/problems.ts'
import type { Context } from '../observe/context.ts'
import type { TargetGroupSettings } from '../settings/aws-settings.ts'
import { chooseTargets } from './targets.ts'
import type { Choice } from './targets.ts'

export interface BackendChoice extends Choice {
  readonly problems: readonly Problem[]
}

/** The targets of one group. `owner` is the Service, or group of Services, that it was made for; `isInside` tells addresses of the VPC. */
export function chooseFor(
  context: Pick<Context, 'nodes' | 'slicesOf' | 'serviceOf'>,
  owner: LoadBalancerOwner,
  group: TargetGroupSettings,
  isInside: (address: string) => boolean,
): BackendChoice {
  const { service } = group
  const nodes = context.nodes()
  if (!service) {
    const whose = group.member?.id ?? owner
    // Whatever Ingresses lead to is a Service that is named.
    const slices = whose.kind === 'IngressGroup' ? [] : context.slicesOf(whose)
    return { ...chooseTargets(group, { nodes, slices, isInside }), problems: [] }
  }
  const namespace = service.namespace ?? owner.namespace
  const found = context.serviceOf(namespace, service.name)
  const who = `${namespace}/${service.name}`
  const nothing = { targets: [], skipped: [] }
  if (!found)
    return {
      ...nothing,
      problems: [
        warns(
          'ServiceNotFound',
          `There is no Service ${who} to forward to: its share of the connections finds no target.`,
          'Make it, or forward to another one.',
        ),
      ],
    }
  const port = found.spec.ports?.find(({ port, name }) => String(port) === String(service.port) || name === service.port)
  if (!port) {
    const remedy = 'Name a port of that Service in the annotation, by its number or name.'
    return { ...nothing, problems: [warns('ServicePortNotFound', `Service ${who} has no port ${service.port}.`, remedy)] }
  }
  const { protocol = 'TCP', name = '', nodePort } = port
  if (group.targetType === 'instance' && !nodePort)
    return {
      ...nothing,
      problems: [warns('NodePortsRequired', `Targets are nodes, but port ${port.port} of ${who} has no node port.`)],
    }
  const { nodePort: _own, ...shared } = group
  const wish = { ...shared, servicePort: { port: port.port, protocol, name }, ...(nodePort ? { nodePort } : {}) }
  const slices = context.slicesOf({ kind: 'Service', namespace, name: service.name, uid: found.metadata.uid ?? '' })
  return { ...chooseTargets(wish, { nodes, slices, isInside }), problems: [] }
}
