// Which Ingresses are ours: every way an Ingress can name a class, and every way that can be wrong.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { claimIngress, defaultIngressClass, type IngressClassFacts } from './ingress-class.ts'
import type { Ingress, IngressClass, IngressClassParameters } from './ingress-objects.ts'

const lan = lbClass('lan')

function lbClass(name: string, spec: Partial<LoadBalancerClass['spec']> = {}): LoadBalancerClass {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancerClass',
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { provider: 'local', targets: 'Pod', default: false, ...spec },
  }
}

function ingressClass(name: string, controller = 'weir.dev/ingress', parameters?: IngressClassParameters): IngressClass {
  return { metadata: { name }, spec: { controller, ...(parameters ? { parameters } : {}) } }
}

function ingress(className?: string, annotation?: string, deleted = false): Ingress {
  return {
    metadata: {
      name: 'shop',
      namespace: 'default',
      uid: 'u1',
      ...(annotation === undefined ? {} : { annotations: { 'kubernetes.io/ingress.class': annotation } }),
      ...(deleted ? { deletionTimestamp: '2026-01-02T00:00:00Z' } : {}),
    },
    spec: className === undefined ? {} : { ingressClassName: className },
  }
}

const parameters = (changes: Partial<IngressClassParameters> = {}): IngressClassParameters => ({
  apiGroup: 'weir.dev',
  kind: 'LoadBalancerClass',
  name: 'lan',
  ...changes,
})

const facts = (changes: Partial<IngressClassFacts> = {}): IngressClassFacts => ({
  ingressClasses: [ingressClass('web'), ingressClass('nginx', 'k8s.io/ingress-nginx')],
  classes: [lan],
  ...changes,
})

describe('an Ingress is ours', () => {
  test('when the controller of its class is ours, whatever the class is called', () => {
    expect(claimIngress(ingress('web'), facts())).toEqual({ kind: 'ours', ingressClass: 'web', class: lan, warnings: [] })
    const oddly = facts({ ingressClasses: [ingressClass('nginx')] })
    expect(claimIngress(ingress('nginx'), oddly)).toMatchObject({ kind: 'ours', class: lan })
  })

  test('when only the legacy annotation names the class', () => {
    expect(claimIngress(ingress(undefined, 'web'), facts())).toMatchObject({ kind: 'ours', ingressClass: 'web', warnings: [] })
  })

  test('when the annotation names our class and the field another: the annotation counts, and a warning says so', () => {
    expect(claimIngress(ingress('nginx', 'web'), facts())).toMatchObject({
      kind: 'ours',
      warnings: [{ reason: 'ClassAnnotationDiffers', severity: 'warns', message: expect.stringContaining('web') }],
    })
    expect(claimIngress(ingress('web', 'nginx'), facts())).toEqual({ kind: 'none' })
    expect(claimIngress(ingress('web', 'web'), facts())).toMatchObject({ kind: 'ours', warnings: [] })
  })

  test('when its class has the controller of another that is provably gone, and not before', () => {
    const classes = [lbClass('edge', { aliases: ['k8s.io/ingress-nginx'] }), lan]
    expect(claimIngress(ingress('nginx'), facts({ classes }))).toEqual({ kind: 'none' })
    const activeAliases = new Set(['k8s.io/ingress-nginx'])
    expect(claimIngress(ingress('nginx'), facts({ classes, activeAliases }))).toMatchObject({
      kind: 'ours',
      class: { metadata: { name: 'edge' } },
    })
  })
})

describe('an Ingress is left alone', () => {
  test.each([
    ['of a class with another controller', ingress('nginx')],
    ['of a class that does not exist', ingress('nowhere')],
    ['of an empty class name', ingress('')],
    ['without a class', ingress()],
    ['whose annotation names no class', ingress('web', 'nowhere')],
  ])('%s', (_, subject) => {
    expect(claimIngress(subject, facts())).toEqual({ kind: 'none' })
  })

  test('of a class without controller', () => {
    expect(claimIngress(ingress('odd'), facts({ ingressClasses: [{ metadata: { name: 'odd' } }] }))).toEqual({ kind: 'none' })
  })

  test('while it goes away and was never served', () => {
    expect(claimIngress(ingress('web', undefined, true), facts())).toEqual({ kind: 'none' })
  })
})

describe('an Ingress that was served', () => {
  test.each([
    ['goes to a class of another controller', ingress('nginx')],
    ['goes to a class that does not exist', ingress('nowhere')],
    ['gives its class up', ingress()],
    ['gets an annotation that names another', ingress('web', 'nginx')],
  ])('is released when it %s', (_, subject) => {
    expect(claimIngress(subject, facts({ heldBy: 'web' }))).toEqual({ kind: 'release', why: 'class-changed' })
  })

  test('is released when it is deleted', () => {
    const deleted = ingress('web', undefined, true)
    expect(claimIngress(deleted, facts({ heldBy: 'web' }))).toEqual({ kind: 'release', why: 'deleted' })
  })

  test('keeps what it has while its IngressClass is gone, and is released when that comes back with another controller', () => {
    const gone = claimIngress(ingress('web'), facts({ ingressClasses: [], heldBy: 'web' }))
    expect(gone).toMatchObject({ kind: 'blocked', ingressClass: 'web', problem: { reason: 'IngressClassMissing' } })
    const taken = facts({ ingressClasses: [ingressClass('web', 'k8s.io/ingress-nginx')], heldBy: 'web' })
    expect(claimIngress(ingress('web'), taken)).toEqual({ kind: 'release', why: 'class-changed' })
  })

  test('goes from one class of ours to another', () => {
    const both = facts({ ingressClasses: [ingressClass('web'), ingressClass('api')], heldBy: 'web' })
    expect(claimIngress(ingress('api'), both)).toMatchObject({ kind: 'ours', ingressClass: 'api' })
  })
})

describe('parameters', () => {
  const claimWith = (given: IngressClassParameters | undefined, changes: Partial<IngressClassFacts> = {}, controller?: string) =>
    claimIngress(ingress('web'), facts({ ingressClasses: [ingressClass('web', controller, given)], ...changes }))

  test.each([
    ['without a scope', parameters()],
    ['with scope Cluster', parameters({ scope: 'Cluster' })],
    ['with nulls for what is absent', parameters({ scope: null, namespace: null })],
  ])('%s name a LoadBalancerClass', (_, given) => {
    const classes = [lbClass('edge', { default: true }), lan]
    expect(claimWith(given, { classes })).toMatchObject({ kind: 'ours', class: lan })
  })

  test.each([
    ['of another group', parameters({ apiGroup: 'elbv2.k8s.aws' }), 'elbv2.k8s.aws/LoadBalancerClass lan'],
    ['without a group', { kind: 'ConfigMap', name: 'lan' }, 'ConfigMap lan'],
    ['of another kind', parameters({ kind: 'AddressPool' }), 'weir.dev/AddressPool lan'],
    ['in a namespace', parameters({ scope: 'Namespace', namespace: 'shop' }), 'in namespace shop'],
  ] as const)('%s are reported', (_, given, message) => {
    expect(claimWith(given)).toMatchObject({
      kind: 'blocked',
      ingressClass: 'web',
      problem: { reason: 'InvalidClassParameters', message: expect.stringContaining(message) },
    })
  })

  test('that name a LoadBalancerClass which does not exist are reported', () => {
    expect(claimWith(parameters({ name: 'wan' }))).toMatchObject({
      kind: 'blocked',
      problem: { reason: 'ClassMissing', message: expect.stringContaining('LoadBalancerClass wan') },
    })
  })

  test('of the controller that was here before count for nothing: the class with its alias serves', () => {
    const classes = [lbClass('edge', { aliases: ['ingress.k8s.aws/alb'] }), lan]
    const activeAliases = new Set(['ingress.k8s.aws/alb'])
    const given = { apiGroup: 'elbv2.k8s.aws', kind: 'IngressClassParams', name: 'alb' }
    const claimed = claimWith(given, { classes, activeAliases }, 'ingress.k8s.aws/alb')
    expect(claimed).toMatchObject({ kind: 'ours', class: { metadata: { name: 'edge' } } })
    const named = claimWith(parameters(), { classes, activeAliases }, 'ingress.k8s.aws/alb')
    expect(named).toMatchObject({ kind: 'ours', class: lan })
    expect(claimWith(given, { activeAliases }, 'ingress.k8s.aws/alb')).toMatchObject({ problem: { reason: 'ClassMissing' } })
  })

  test('may be absent when there is one LoadBalancerClass or one default', () => {
    const edge = lbClass('edge', { default: true })
    expect(claimWith(undefined, { classes: [lan] })).toMatchObject({ kind: 'ours', class: lan })
    expect(claimWith(undefined, { classes: [lan, edge] })).toMatchObject({ kind: 'ours', class: edge })
    expect(claimWith(undefined, { classes: [] })).toMatchObject({ problem: { reason: 'ClassMissing' } })
    expect(claimWith(undefined, { classes: [lan, lbClass('edge')] })).toMatchObject({
      problem: { reason: 'ClassMissing', message: expect.stringContaining('edge, lan') },
    })
    const defaults = [edge, lbClass('lan', { default: true })]
    expect(claimWith(undefined, { classes: defaults })).toMatchObject({ problem: { reason: 'SeveralDefaultClasses' } })
  })
})

test('a provider that does not run is reported', () => {
  expect(claimIngress(ingress('web'), facts({ providers: new Set(['aws']) }))).toMatchObject({
    kind: 'blocked',
    problem: { reason: 'ProviderNotConfigured' },
  })
})

describe('the default IngressClass', () => {
  const marked = (name: string, day: number, value = 'true'): IngressClass => ({
    metadata: {
      name,
      creationTimestamp: `2026-01-0${day}T00:00:00Z`,
      annotations: { 'ingressclass.kubernetes.io/is-default-class': value },
    },
    spec: { controller: 'weir.dev/ingress' },
  })

  test('is the newest of those marked, then the first by name', () => {
    const old = marked('a', 1)
    const [second, third] = [marked('c', 2), marked('b', 2)]
    expect(defaultIngressClass([])).toBeUndefined()
    expect(defaultIngressClass([ingressClass('web'), marked('off', 3, 'yes'), marked('no', 3, 'false')])).toBeUndefined()
    expect(defaultIngressClass([old, second, third])).toBe(third)
    expect(defaultIngressClass([third, second, old])).toBe(third)
  })

  test('is for Ingresses that are made after it, so one that is in the cluster without a class is not ours', () => {
    const ingressClasses = [marked('web', 1)]
    expect(claimIngress(ingress(), facts({ ingressClasses }))).toEqual({ kind: 'none' })
    expect(claimIngress(ingress(), facts({ ingressClasses, unadmitted: true }))).toMatchObject({
      kind: 'ours',
      ingressClass: 'web',
    })
    expect(claimIngress(ingress(undefined, 'nginx'), facts({ ingressClasses, unadmitted: true }))).toEqual({ kind: 'none' })
  })
})

test('whatever an IngressClass refers to, the answer is a claim', () => {
  const text = fc.oneof(fc.constantFrom('weir.dev', 'LoadBalancerClass', 'lan', ''), fc.string())
  const anyParameters = fc.record(
    { apiGroup: fc.option(text), kind: text, name: text, scope: fc.constantFrom('Cluster', 'Namespace', null), namespace: text },
    { requiredKeys: ['kind', 'name'] },
  )
  fc.assert(
    fc.property(anyParameters, fc.boolean(), (given, held) => {
      const changes = { ingressClasses: [ingressClass('web', undefined, given)] }
      const claimed = claimIngress(ingress('web'), facts({ ...changes, ...(held ? { heldBy: 'web' } : {}) }))
      expect(['ours', 'blocked']).toContain(claimed.kind)
    }),
  )
})
