// A key that is asked for no more goes back to AWS's default; what people set by hand for safety stays.
import { describe, expect, test } from 'vitest'
import {
  attributeChanges,
  changesOfFresh,
  listenerAttributes,
  loadBalancerAttributes,
  targetGroupAttributes,
} from './attributes.ts'

const form = { scheme: 'internal', ipAddressType: 'ipv4' } as const
const balancer = (asked: Record<string, string> = {}) => loadBalancerAttributes(asked, form)

test('a fresh resource needs only what differs from AWS’s defaults', () => {
  const asked = { 'load_balancing.cross_zone.enabled': 'true', 'deletion_protection.enabled': 'false', 'new.key': 'x' }
  expect(changesOfFresh(balancer(asked))).toEqual({ 'load_balancing.cross_zone.enabled': 'true', 'new.key': 'x' })
  expect(changesOfFresh(balancer())).toEqual({})
})

describe('of a resource that is there', () => {
  test('a key that is taken away goes back to its default', () => {
    expect(attributeChanges(balancer(), { 'load_balancing.cross_zone.enabled': 'true' })).toEqual({
      'load_balancing.cross_zone.enabled': 'false',
    })
  })

  test('keys without a known default, and keys it does not have, are left alone', () => {
    expect(attributeChanges(balancer(), { 'some.new.key': 'x' })).toEqual({})
    expect(attributeChanges(balancer({ 'zonal_shift.config.enabled': 'true' }), {})).toEqual({
      'zonal_shift.config.enabled': 'true',
    })
  })

  test('deletion protection set by hand stays, that set by us goes with the wish', () => {
    const observed = { 'deletion_protection.enabled': 'true' }
    expect(attributeChanges(balancer(), observed)).toEqual({})
    expect(attributeChanges(balancer(), observed, ['deletion_protection.enabled'])).toEqual({
      'deletion_protection.enabled': 'false',
    })
    expect(attributeChanges(balancer({ 'deletion_protection.enabled': 'false' }), observed)).toEqual({
      'deletion_protection.enabled': 'false',
    })
  })

  test('secondary addresses are never taken away: AWS cannot', () => {
    const key = 'secondary_ips.auto_assigned.per_subnet'
    expect(attributeChanges(balancer(), { [key]: '3' }, [key])).toEqual({})
  })

  test('what was made before is what is wanted after: changes lead to none', () => {
    const wanted = balancer({ 'access_logs.s3.enabled': 'true', 'access_logs.s3.bucket': 'logs' })
    const observed = { ...wanted.defaults, 'zonal_shift.config.enabled': 'true' }
    expect(attributeChanges(wanted, { ...observed, ...attributeChanges(wanted, observed) })).toEqual({})
  })
})

describe('defaults are those of the form of the resource', () => {
  test.each([
    ['TCP', 'ip', 'false', 'false', 'true'],
    ['TLS', 'ip', 'false', 'false', 'true'],
    ['TCP', 'instance', 'true', 'false', 'true'],
    ['UDP', 'ip', 'true', 'true', 'false'],
    ['TCP_UDP', 'instance', 'true', 'true', 'false'],
  ] as const)('%s to %s targets', (protocol, targetType, preserve, termination, unhealthy) => {
    expect(targetGroupAttributes({}, { protocol, targetType }).defaults).toMatchObject({
      'preserve_client_ip.enabled': preserve,
      'deregistration_delay.connection_termination.enabled': termination,
      'target_health_state.unhealthy.connection_termination.enabled': unhealthy,
    })
  })

  test('listeners other than TCP have no idle timeout', () => {
    expect(listenerAttributes({}, 'TCP').defaults).toEqual({ 'tcp.idle_timeout.seconds': '350' })
    expect(listenerAttributes({}, 'TLS').defaults).toEqual({})
  })

  test('internal dualstack load balancers are shut to internet gateways', () => {
    const key = 'ipv6.deny_all_igw_traffic'
    expect(loadBalancerAttributes({}, { scheme: 'internal', ipAddressType: 'dualstack' }).defaults[key]).toBe('true')
    expect(loadBalancerAttributes({}, { scheme: 'internet-facing', ipAddressType: 'dualstack' }).defaults[key]).toBe('false')
    expect(balancer().defaults[key]).toBeUndefined()
  })
})
