// A port of a Service that none of its endpoints has: a target port by a name that is in no pod, or a slice by hand that names it otherwise.
import type { PortlessPort, SoughtPort } from './load-balancer.ts'

/** Why a port has no endpoint although there are some: `no pod has a port named htpp`. */
export function portlessText({ protocol, portName, targetPort, unready }: Omit<PortlessPort, 'port'>): string {
  if (typeof targetPort === 'string')
    return `no ${unready ? 'ready ' : ''}pod has a port named ${targetPort}${protocol === 'TCP' ? '' : ` (${protocol})`}`
  return `no EndpointSlice ${unready ? 'of ready endpoints ' : ''}has a port ${portName === '' ? 'without a name' : `named ${portName}`} (${protocol})`
}

/** What to do about `ports`, which are all portless. */
export function portlessRemedy(ports: readonly SoughtPort[]): string {
  return ports.some(({ targetPort }) => typeof targetPort === 'string')
    ? 'Correct targetPort in the Service, or give a container a port of that name.'
    : 'Name the ports of the EndpointSlices as the Service names its own.'
}
