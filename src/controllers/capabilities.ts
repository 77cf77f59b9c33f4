// What a provider cannot do, as problems of the Service: found before planning, so that nothing is ever made by halves. Pure.
import type { DesiredLoadBalancer, Problem } from '../model/load-balancer.ts'
import { group } from '../api/group.ts'
import type { Reason } from '../api/reasons.ts'
import { reasons } from '../api/reasons.ts'
import type { Capabilities } from '../provider.ts'

/** The demands of `desired` that `provider` cannot meet; those that leave something to serve only warn. */
export function missingCapabilities(
  desired: DesiredLoadBalancer,
  { name, capabilities }: { readonly name: string; readonly capabilities: Capabilities },
): readonly Problem[] {
  const found: Problem[] = []
  const add = (reason: Reason, severity: Problem['severity'], message: string) =>
    found.push({ reason, message, remedy: reasons[reason].remedy, severity })

  const unsupported = desired.listeners.filter(({ protocol }) => !capabilities.protocols.has(protocol))
  const ports = unsupported.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')
  if (unsupported.length > 0 && unsupported.length === desired.listeners.length) {
    add('NoSupportedPorts', 'blocks', `No port is of a protocol that the provider ${name} supports (${ports}).`)
  } else if (unsupported.length > 0) {
    add('UnsupportedProtocol', 'warns', `The provider ${name} does not support ${ports}; the other ports are served.`)
  }
  const protocols = new Set(desired.listeners.map(({ protocol }) => protocol).filter(one => capabilities.protocols.has(one)))
  if (protocols.size > 1 && !capabilities.mixedProtocols) {
    add('UnsupportedProtocol', 'blocks', `The provider ${name} cannot serve ${[...protocols].join(' and ')} in one Service.`)
  }
  if (!capabilities.targetTypes.has(desired.targetType)) {
    add(
      'UnsupportedTargetType',
      'blocks',
      `Class ${desired.class.metadata.name} has targets: ${desired.targetType}, which the provider ${name} does not support.`,
    )
  }
  if (!desired.families.some(family => capabilities.families.has(family))) {
    add('UnsupportedFamily', 'blocks', `The provider ${name} cannot serve ${desired.families.join(' and ')}.`)
  }
  const sharing = `${group}/allow-shared-ip`
  if (!capabilities.sharedAddresses && desired.annotations[sharing] !== undefined) {
    add(
      'SettingWithoutEffect',
      'warns',
      `${sharing} has no effect: the provider ${name} gives every Service addresses of its own.`,
    )
  }
  const needsNodePorts = desired.targetType === 'Node' && !capabilities.withoutNodePorts
  if (needsNodePorts && desired.listeners.some(({ nodePort }) => nodePort === undefined)) {
    add('NodePortsRequired', 'blocks', `The provider ${name} reaches nodes by node ports, and the Service has none.`)
  }
  return found
}
