// Which protocols go together: load balancer, listener, target group.
import type { Call } from '../call.ts'
import { awsError, invalid } from '../errors.ts'
import type { LoadBalancer, LoadBalancerType, TargetGroup } from '../records.ts'

/** Listener protocols of each kind of load balancer (API_CreateListener, Protocol). */
const listenerProtocols: Readonly<Record<LoadBalancerType, readonly string[]>> = {
  application: ['HTTP', 'HTTPS'],
  network: ['TCP', 'TLS', 'UDP', 'TCP_UDP', 'QUIC', 'TCP_QUIC'],
}

/** Target group protocols by listener protocol ("Target groups for your Network Load Balancers", routing configuration). */
const targetProtocols: Readonly<Record<string, readonly string[]>> = {
  HTTP: ['HTTP', 'HTTPS'],
  HTTPS: ['HTTP', 'HTTPS'],
  TCP: ['TCP', 'TCP_UDP'],
  TLS: ['TCP', 'TLS'],
  UDP: ['UDP', 'TCP_UDP'],
  TCP_UDP: ['TCP_UDP'],
  QUIC: ['QUIC', 'TCP_QUIC'],
  TCP_QUIC: ['TCP_QUIC'],
}

/** Whether a listener of that protocol ends TLS and so has certificates. */
export function isSecure(protocol: string): boolean {
  return protocol === 'HTTPS' || protocol === 'TLS'
}

/** Throws ValidationError or InvalidConfigurationRequest when the load balancer cannot listen with that protocol. */
export function checkListenerProtocol(balancer: LoadBalancer, protocol: string): void {
  const possible = listenerProtocols[balancer.type]
  if (!possible.includes(protocol)) throw invalid(`Listener protocol '${protocol}' must be one of '${possible.join(', ')}'`)
  // API_CreateListener: no UDP with dual stack; "Dual-stack UDP" in the NLB guide: allowed with source NAT by IPv6 prefixes.
  if (/UDP|QUIC/.test(protocol) && balancer.ipAddressType === 'dualstack' && balancer.sourceNat !== 'on') {
    throw awsError('InvalidConfigurationRequest', `Protocol '${protocol}' is not supported with IP address type dualstack`)
  }
  // "Security groups for your Network Load Balancers": QUIC needs a load balancer without them.
  if (/QUIC/.test(protocol) && balancer.securityGroups.length > 0) {
    throw awsError(
      'InvalidConfigurationRequest',
      `Protocol '${protocol}' is not supported by a load balancer with security groups`,
    )
  }
}

/** Throws when a listener of `protocol` on `balancer` cannot forward to `group`. */
export function checkForward(call: Call, balancer: LoadBalancer, protocol: string, group: TargetGroup): void {
  if (group.targetType !== 'lambda' && !targetProtocols[protocol]?.includes(group.protocol ?? '')) {
    throw awsError(
      'IncompatibleProtocols',
      `Protocol ${group.protocol} of target group '${group.arn}' cannot be used with a ${protocol} listener`,
    )
  }
  // "Target groups for your Application Load Balancers", protocol version: behind HTTPS listeners only.
  if (protocol === 'HTTP' && (group.protocolVersion === 'HTTP2' || group.protocolVersion === 'GRPC')) {
    throw awsError(
      'InvalidConfigurationRequest',
      `Listener protocol 'HTTP' is not supported with a target group with the protocol-version setting '${group.protocolVersion}'`,
    )
  }
  if (group.targetType === 'lambda' && balancer.type === 'network') {
    throw awsError('InvalidConfigurationRequest', 'A network load balancer cannot forward to a lambda function')
  }
  if (group.targetType !== 'lambda' && group.vpcId !== balancer.vpcId) {
    throw awsError('InvalidConfigurationRequest', `Target group '${group.arn}' is not in VPC '${balancer.vpcId}'`)
  }
  if (group.ipAddressType === 'ipv6' && balancer.ipAddressType === 'ipv4') {
    throw awsError('InvalidConfigurationRequest', `Target group '${group.arn}' of type ipv6 needs a dualstack load balancer`)
  }
  if (/UDP/.test(protocol) && group.ipAddressType === 'ipv4' && balancer.ipAddressType === 'dualstack') {
    throw awsError('InvalidConfigurationRequest', `A ${protocol} listener with dualstack needs target groups of type ipv6`)
  }
  // "Target groups for your Network Load Balancers": a target group serves one load balancer.
  const user = call.world.targetGroups.get(group.arn)?.usedBy?.loadBalancer
  if (user !== undefined && user !== balancer.arn) {
    throw awsError(
      'TargetGroupAssociationLimit',
      `Target group '${group.arn}' is already associated with load balancer '${user}'`,
    )
  }
}
