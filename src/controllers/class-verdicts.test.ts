// What classes are told about themselves.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { judgeClass } from './class-verdicts.ts'

function named(name: string, spec: Partial<LoadBalancerClass['spec']> = {}, metadata = {}): LoadBalancerClass {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancerClass',
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { provider: 'local', targets: 'Node', default: false, ...spec },
  }
}
const facts = (...classes: LoadBalancerClass[]) => ({ classes, providers: ['local'] })

test('a class alone is accepted and says how Services choose it', () => {
  const lan = named('lan', { aliases: ['metallb'] })
  expect(judgeClass(lan, [], facts(lan))).toEqual({
    ready: true,
    reason: 'Accepted',
    message: 'Services choose it with loadBalancerClass weir.dev/lan or metallb.',
  })
})

test('a provider that does not run is named with what tells how to set it up', () => {
  const cloud = named('cloud', { provider: 'aws' })
  const verdict = judgeClass(cloud, [], facts(cloud))
  expect(verdict).toMatchObject({ ready: false, reason: 'ProviderNotConfigured' })
  expect(verdict.message).toMatch(/the provider aws \(it runs local\).*docs\/tasks\/aws\.md.*deploy\/aws/)
})

test('two defaults are both told so, and one on its way out does not count', () => {
  const one = named('one', { default: true })
  const two = named('two', { default: true })
  const leaving = named('two', { default: true }, { deletionTimestamp: '2026-01-02T00:00:00Z' })
  expect(judgeClass(one, [], facts(one, two))).toMatchObject({ reason: 'SeveralDefaultClasses', ready: false })
  expect(judgeClass(two, [], facts(one, two)).message).toContain('one, two are all marked default')
  expect(judgeClass(one, [], facts(one, leaving))).toMatchObject({ reason: 'Accepted' })
})

test('an alias belongs to the older class, and nobody can take the name of a class by an alias', () => {
  const old = named('old', { aliases: ['shared'] }, { creationTimestamp: '2025-01-01T00:00:00Z' })
  const young = named('young', { aliases: ['shared'] })
  const thief = named('aaa', { aliases: ['weir.dev/young'] }, { creationTimestamp: '2020-01-01T00:00:00Z' })
  expect(judgeClass(old, [], facts(old, young, thief))).toMatchObject({ ready: true })
  expect(judgeClass(young, [], facts(old, young))).toMatchObject({ ready: false, reason: 'AliasConflict' })
  expect(judgeClass(thief, [], facts(thief, young))).toMatchObject({ ready: false, reason: 'AliasConflict' })
})

test('a class that is deleted while used names at most five of its users', () => {
  const lan = named('lan', {}, { deletionTimestamp: '2026-01-02T00:00:00Z' })
  const users = ['a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'a/6', 'a/7']
  const { reason, message } = judgeClass(lan, users, facts(lan))
  expect(reason).toBe('InUse')
  expect(message).toContain('a/1, a/2, a/3, a/4, a/5 and 2 more still use it')
  expect(judgeClass(lan, ['a/1'], facts(lan)).message).toContain('a/1 still uses it')
})
