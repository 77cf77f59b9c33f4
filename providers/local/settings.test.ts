// What Services ask for, in every spelling, and what is wrong with it.
import { expect, test } from 'vitest'
import { readSharing } from './annotations.ts'
import { readSettings } from './settings.ts'
import { serviceNamed } from './simulation/simulation.ts'

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

test('keys of MetalLB are read under its name and under its former one, and contradict nothing by saying the same', () => {
  const asked = (prefix: string) => ({
    [`${prefix}/loadBalancerIPs`]: '10.0.0.1',
    [`${prefix}/address-pool`]: 'office',
    [`${prefix}/allow-shared-ip`]: 'dns',
  })
  for (const annotations of [asked('metallb.universe.tf'), { ...asked('metallb.io'), ...asked('metallb.universe.tf') }]) {
    const settings = read({ annotations })
    expect(settings.problems).toEqual([])
    expect(settings).toMatchObject({ requested: [{ text: '10.0.0.1' }], requestedPool: 'office' })
    expect(readSharing(annotations)).toEqual({ key: 'dns', namespaces: [] })
  }
  const [problem] = read({
    annotations: { 'metallb.universe.tf/allow-shared-ip': 'dns', 'weir.dev/allow-shared-ip': 'web' },
  }).problems
  expect(problem).toMatchObject({ reason: 'RequestConflict', severity: 'blocks' })
})

test('a class may keep Services from sharing; namespaces without a key do nothing and say so', () => {
  const desired = serviceNamed('web')
  const lan = { ...desired.class, spec: { ...desired.class.spec, local: { final: ['allow-shared-ip' as const] } } }
  expect(reasonsOf({ class: lan, annotations: { 'metallb.io/allow-shared-ip': 'dns' } })).toEqual(['SettingIsFinal'])
  expect(reasonsOf({ annotations: { 'weir.dev/share-with-namespaces': 'team-a' } })).toEqual(['SettingWithoutEffect'])
  expect(reasonsOf({ annotations: { 'weir.dev/allow-shared-ip': 'a', 'weir.dev/share-with-namespaces': 'Team A' } })).toEqual([
    'InvalidAnnotation',
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

test('misspelt keys of MetalLB name the nearest one, and keys of ours that only aws reads say so; neither takes anything away', () => {
  const annotations = {
    'metallb.io/allow-share-ip': 'dns',
    'metallb.universe.tf/loadBalancerIP': '10.0.0.1',
    'metallb.universe.tf/ip-allocated-from-pool': 'office',
    'weir.dev/load-balancer-group': 'shop',
    'weir.dev/address-pool': 'office',
  }
  const { problems } = read({ annotations })
  expect(problems.map(({ severity, message, remedy }) => `${severity}: ${message} ${remedy}`)).toEqual([
    'warns: Annotation metallb.io/allow-share-ip is unknown and has no effect. Did you mean metallb.io/allow-shared-ip?',
    'warns: Annotation metallb.universe.tf/loadBalancerIP is unknown and has no effect. Did you mean metallb.universe.tf/loadBalancerIPs?',
    'warns: weir.dev/load-balancer-group has no effect: class lan is of the local provider, which does not read it. Remove it, or use a class of the provider that it is for.',
  ])
})

test('weir.dev/drain-seconds is a number of seconds of at most a day, and nothing for targets: Node', () => {
  const asked = (text: string) => ({ annotations: { 'weir.dev/drain-seconds': text } })
  for (const text of ['0', ' 300 ', '86400']) expect(reasonsOf({ targetType: 'Pod', ...asked(text) })).toEqual([])
  for (const text of ['', '-1', '86401', '1h', '1.5'])
    expect(reasonsOf({ targetType: 'Pod', ...asked(text) })).toEqual(['InvalidAnnotation'])
  expect(read(asked('300')).problems).toMatchObject([{ reason: 'SettingWithoutEffect', severity: 'warns' }])
})
