// What Services ask for, in every spelling, and what is wrong with it.
import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'
import { serviceNamed } from './simulation.ts'

const ipv4 = new Set(['IPv4'] as const)
const read = (changes: Parameters<typeof serviceNamed>[1]) => readSettings(serviceNamed('web', changes), ipv4)
const reasonsOf = (changes: Parameters<typeof serviceNamed>[1]) => read(changes).problems.map(({ reason }) => reason)

test.each([
  ['weir.dev/load-balancer-ips', { annotations: { 'weir.dev/load-balancer-ips': ' 10.0.0.1 ' } }],
  ['metallb.io/loadBalancerIPs', { annotations: { 'metallb.io/loadBalancerIPs': '10.0.0.1' } }],
  ['spec.loadBalancerIP', { loadBalancerIP: '10.0.0.1' }],
  ['all three', { loadBalancerIP: '10.0.0.1', annotations: { 'metallb.io/loadBalancerIPs': '10.0.0.1' } }],
])('%s asks for an address', (_, changes) => {
  const settings = read(changes)
  expect(settings.problems).toEqual([])
  expect(settings.requested.map(({ text }) => text)).toEqual(['10.0.0.1'])
})

test('two pools asked for by two annotations contradict each other', () => {
  const annotations = { 'weir.dev/address-pool': 'office', 'metallb.io/address-pool': 'attic' }
  const [problem] = read({ annotations }).problems
  expect(problem?.reason).toBe('RequestConflict')
  expect(problem?.message).toBe('weir.dev/address-pool asks for office and metallb.io/address-pool for attic.')
})

test('a class with final settings refuses every way of setting them', () => {
  const desired = serviceNamed('web')
  const lan = { ...desired.class, spec: { ...desired.class.spec, local: { final: ['load-balancer-ips' as const] } } }
  expect(reasonsOf({ class: lan, loadBalancerIP: '10.0.0.1' })).toEqual(['SettingIsFinal'])
  expect(reasonsOf({ class: lan, annotations: { 'metallb.io/address-pool': 'office' } })).toEqual([])
})

test('dual stack: preferred is content with IPv4, required is refused, IPv6 alone too', () => {
  const both = ['IPv6', 'IPv4'] as const
  expect(read({ families: both, familyPolicy: 'PreferDualStack' })).toMatchObject({ families: ['IPv4'], problems: [] })
  expect(reasonsOf({ families: both, familyPolicy: 'RequireDualStack' })).toEqual(['UnsupportedFamily'])
  expect(reasonsOf({ families: ['IPv6'] })).toEqual(['UnsupportedFamily'])
})

test('sharing an address the way MetalLB does is known, and told to do nothing yet', () => {
  expect(read({ annotations: { 'metallb.io/allow-shared-ip': 'dns' } }).problems).toEqual([
    {
      reason: 'UnsupportedAnnotation',
      message: 'Annotation metallb.io/allow-shared-ip is known but not supported yet; it has no effect.',
      remedy: 'Remove it, or leave it for a later version.',
      severity: 'warns',
    },
  ])
})

test('the two families may be asked for in two places; only two answers for one family contradict each other', () => {
  const both = new Set(['IPv4', 'IPv6'] as const)
  const dual = (annotation: string) =>
    readSettings(
      serviceNamed('web', {
        families: ['IPv6', 'IPv4'],
        familyPolicy: 'PreferDualStack',
        loadBalancerIP: '10.0.0.1',
        annotations: { 'weir.dev/load-balancer-ips': annotation },
      }),
      both,
    )
  expect(dual('fd00::1').problems).toEqual([])
  expect(dual('fd00::1').requested.map(({ text }) => text)).toEqual(['10.0.0.1', 'fd00::1'])
  expect(dual('fd00::1, 10.0.0.1').problems).toEqual([])
  expect(dual('fd00::1,10.0.0.2').problems).toMatchObject([{ reason: 'RequestConflict' }])
})
