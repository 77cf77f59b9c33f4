// Services, classes and the table of claims, for tests.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { type Reason, readyCondition } from '../api/reasons.ts'
import { type Claim, type ClaimFacts, claim } from './claim.ts'
import type { Service, ServiceSpec } from './kubernetes-objects.ts'

export function loadBalancerClass(name: string, spec: Partial<LoadBalancerClass['spec']> = {}, metadata = {}): LoadBalancerClass {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancerClass',
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { provider: 'local', targets: 'Node', default: false, ...spec },
  }
}

export const deletion = { deletionTimestamp: '2026-02-01T00:00:00Z' }
export const lan = loadBalancerClass('lan', { aliases: ['metallb', 'service.k8s.aws/nlb'] })
export const lanGoing = loadBalancerClass('lan', {}, deletion)
export const cloud = loadBalancerClass('cloud', { provider: 'aws' })
export const usual = loadBalancerClass('usual', { default: true })
export const usualGoing = loadBalancerClass('usual', { default: true }, deletion)
export const other = loadBalancerClass('other', { default: true })
export const cloudDefault = loadBalancerClass('cloud', { provider: 'aws', default: true })

/** What a row says about a Service; the rest is a LoadBalancer Service that nobody has touched. */
export interface Given {
  readonly type?: NonNullable<ServiceSpec['type']>
  readonly class?: string
  readonly finalizers?: readonly string[]
  readonly condition?: Reason
  readonly address?: string
  readonly deleting?: true
}

export function service(given: Given): Service {
  const condition = given.condition && {
    type: readyCondition,
    status: 'False' as const,
    reason: given.condition,
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u1',
      ...(given.finalizers ? { finalizers: given.finalizers } : {}),
      ...(given.deleting ? deletion : {}),
    },
    spec: { type: given.type ?? 'LoadBalancer', ...(given.class === undefined ? {} : { loadBalancerClass: given.class }) },
    status: {
      loadBalancer: given.address === undefined ? {} : { ingress: [{ ip: given.address }] },
      ...(condition ? { conditions: [condition] } : {}),
    },
  }
}

export type Row = [why: string, given: Given, classes: readonly LoadBalancerClass[], claimed: string, facts?: ClaimFacts]

/** A claim as one line: `ours lan <finalizer>`, `release deleted <finalizers>`, `blocked ClassMissing`. */
export function line(result: Claim): string {
  if (result.kind === 'none') return 'none'
  if (result.kind === 'ours') return `ours ${result.class.metadata.name} ${result.finalizer}`
  if (result.kind === 'release') return ['release', result.why, ...result.finalizers].join(' ')
  return `${result.kind} ${result.problem.reason}`
}

export function check(rows: readonly Row[]): void {
  test.each(rows.map(row => [row[0], row] as const))('%s', (_, [, given, classes, claimed, facts]) => {
    expect(line(claim(service(given), classes, facts))).toBe(claimed)
  })
}

export const address = '10.201.200.1'
export const aws = 'service.k8s.aws/resources'
export const k3s = 'svccontroller.k3s.cattle.io/daemonset'
