// What a LoadBalancerClass says of how its gateways treat clients, and of what its Ingresses may ask for.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { ReadingOptions } from './annotations/asked.ts'
import type { GatewayTuning } from './gateway.ts'

export function tuningOf({ spec }: LoadBalancerClass): GatewayTuning {
  const { accessLog, trustedProxies, minimumTls, idleSeconds } = spec.local?.gateway ?? {}
  return {
    ...(accessLog === undefined ? {} : { accessLog }),
    ...(trustedProxies === undefined ? {} : { trustedHops: trustedProxies }),
    ...(minimumTls === undefined ? {} : { tlsMinimum: minimumTls === '1.3' ? 'TLSv1_3' : 'TLSv1_2' }),
    ...(idleSeconds === undefined ? {} : { idleMs: idleSeconds * 1000 }),
  }
}

export function readingOptions({ spec }: LoadBalancerClass): ReadingOptions {
  return { otherNamespaces: spec.local?.gateway?.authAcrossNamespaces ?? false }
}
