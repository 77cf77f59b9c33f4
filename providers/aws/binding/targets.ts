// The targets of a binding, and how they stand on record: `10.0.0.1:8080`, `[2001:db8::1]:8080`, `i-0a1b:30080`. Pure.
import type { BoundGroup } from '../../../src/api/target-group-binding.ts'
import type { BindingGoal, BoundPort } from '../../../src/model/binding.ts'
import { podTargets } from '../../../src/model/endpoints.ts'
import { chooseTargets, targetKey } from '../membership/targets.ts'
import type { Choice, Target } from '../membership/targets.ts'

type Around = Pick<BindingGoal, 'servicePort' | 'slices' | 'nodes'>

/** The targets that a target group shall have for a binding. */
export function targetsOf(
  { servicePort, slices, nodes }: Around,
  group: Pick<BoundGroup, 'targetType' | 'ipAddressType'>,
  isInside: (address: string) => boolean,
): Choice {
  if (!servicePort) return { targets: [], skipped: [] }
  const { port, protocol, name, nodePort } = servicePort
  return chooseTargets(
    {
      targetType: group.targetType === 'instance' ? 'instance' : 'ip',
      ipAddressType: group.ipAddressType === 'ipv6' ? 'ipv6' : 'ipv4',
      servicePort: { port, protocol, name },
      ...(nodePort === undefined ? {} : { nodePort }),
      nodeLabels: {},
      nodesWithEndpointsOnly: false,
    },
    { nodes, slices, isInside },
  )
}

/** The numbers that a port of the Service has at the targets. */
export function numbersOf(port: BoundPort, { slices }: Around, { targetType, ipAddressType }: BoundGroup): readonly number[] {
  if (targetType === 'instance') return port.nodePort === undefined ? [] : [port.nodePort]
  const family = ipAddressType === 'ipv6' ? 'IPv6' : 'IPv4'
  const found = podTargets({ portName: port.name, protocol: port.protocol }, slices, family)
  return [...new Set(found.map(target => target.port))]
}

export function recordText({ id, port }: Pick<Target, 'id' | 'port'>): string {
  return id.includes(':') ? `[${id}]:${port}` : `${id}:${port}`
}

/** What is on record, by `targetKey`. */
export function recorded(texts: readonly string[] | undefined): ReadonlySet<string> {
  return new Set(
    (texts ?? []).map(text => {
      const at = text.lastIndexOf(':')
      return targetKey({ id: text.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(at + 1)) })
    }),
  )
}
