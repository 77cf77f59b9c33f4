// When an alias becomes active: what counts as life and as death of another controller, and what is told until then.
/* oxlint-disable typescript/no-unsafe-type-assertion -- the key says whether it is a Lease or a workload */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { leaseText, otherControllers, refText, searchesOf, withoutClass } from './other-controllers.ts'
import { judgeTakeOver, waitingAliases } from './take-over.ts'
import type { LeaseSight, TakeOver, WorkloadSight } from './take-over.ts'

type Spec = LoadBalancerClass['spec']

function lbClass(spec: Partial<Spec>): LoadBalancerClass {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancerClass',
    metadata: { name: 'lan' },
    spec: { provider: 'local', targets: 'Node', default: false, ...spec },
  }
}

/** What is seen, by `Deployment ns/name` and `Lease ns/name`; whatever is not named is missing. */
type Seen = Readonly<Record<string, LeaseSight | WorkloadSight>>

function judge(alias: string, seen: Seen, spec: Partial<Spec> = {}): TakeOver {
  const search = searchesOf([lbClass({ aliases: alias === withoutClass ? [] : [alias], ...spec })]).get(alias)
  if (!search) throw new Error(`nobody asked for ${alias}`)
  const missing = { kind: 'missing' } as const
  return judgeTakeOver(search, {
    lease: ref => (seen[leaseText(ref)] ?? missing) as LeaseSight,
    workload: ref => (seen[refText(ref)] ?? missing) as WorkloadSight,
  })
}

const nlb = 'service.k8s.aws/nlb'
const lease = 'Lease kube-system/aws-load-balancer-controller-leader'
const deployment = 'Deployment kube-system/aws-load-balancer-controller'
const speaker = 'DaemonSet metallb-system/speaker'
const controller = 'Deployment metallb-system/controller'
const stopped = { kind: 'stopped' } as const
const expired = { kind: 'expired' } as const
const running = (ready: number) => ({ kind: 'running', ready }) as const
const held = { kind: 'held', holder: 'aws-load-balancer-controller-7d4' } as const
const forbidden = { kind: 'unreadable', why: 'forbidden' } as const

test.each<[string, string, Seen]>([
  ['its Lease has expired', nlb, { [lease]: expired }],
  ['its Lease has expired, and its Deployment may not be read', nlb, { [lease]: expired, [deployment]: forbidden }],
  ['its Deployment has no ready pods', nlb, { [deployment]: stopped }],
  ['the same of the controller of Ingresses', 'ingress.k8s.aws/alb', { [deployment]: stopped, [lease]: expired }],
  ['the speakers of MetalLB have no ready pods', 'metallb.io/metallb', { [speaker]: stopped }],
  ['the Lease of ingress-nginx has expired', 'k8s.io/ingress-nginx', { 'Lease ingress-nginx/ingress-nginx-leader': expired }],
])('an alias is active once %s', (_why, alias, seen) => {
  expect(judge(alias, seen)).toMatchObject({ kind: 'active' })
})

test.each<[string, string, Seen, RegExp]>([
  ['its Lease is renewed', nlb, { [lease]: held, [deployment]: stopped }, /Lease kube-system\/\S+ is renewed by aws-load-bal/],
  ['it has ready pods', nlb, { [lease]: expired, [deployment]: running(2) }, /Deployment kube-system\/\S+ has 2 ready pods/],
  [
    'one of MetalLB is left',
    'metallb',
    { [speaker]: stopped, [controller]: running(1) },
    /Deployment metallb-system\/controller has 1 ready pod\./,
  ],
])('as long as %s it is told who runs, where it was seen, and what to do', (_why, alias, seen, where) => {
  const found = judge(alias, seen)
  expect(found).toMatchObject({ kind: 'waiting', runs: true, problem: { reason: 'OtherControllerRuns' } })
  if (found.kind !== 'waiting') return
  expect(found.problem.message).toMatch(where)
  expect(found.problem.message).toContain(alias)
  expect(found.problem.remedy).toMatch(/Stop it \(kubectl .+\), or take the alias out of the class\./)
})

test.each<[string, string, Seen, RegExp]>([
  ['nothing of it is found', nlb, {}, /is gone: Lease \S+ is not there; Deployment \S+ is not there\./],
  ['nothing of it may be read', nlb, { [lease]: forbidden, [deployment]: forbidden }, /cannot be read \(forbidden\)/],
  [
    'only what does not announce is stopped',
    'metallb',
    { [controller]: stopped },
    /DaemonSet metallb-system\/speaker is not there/,
  ],
  [
    'its Lease is still watched',
    nlb,
    { [lease]: { kind: 'watched', holder: 'x' }, [deployment]: stopped },
    /whether x renews Lease/,
  ],
  ['its pods may come back', nlb, { [deployment]: { kind: 'unready' } }, /whether Deployment \S+ gets ready pods again/],
  ['nobody knows whose the alias is', 'example.com/old', {}, /not known which controller/],
])('it waits while %s', (_why, alias, seen, says) => {
  const found = judge(alias, seen)
  expect(found).toMatchObject({ kind: 'waiting', runs: false, problem: { reason: 'TakeOverUnproven' } })
  expect(found.kind === 'waiting' && found.problem.message).toMatch(says)
})

test('what the class names and is not there is gone, unless something else of it shows life', () => {
  const workloads = [{ kind: 'DaemonSet' as const, namespace: 'lb', name: 'speaker' }]
  const spec: Partial<Spec> = { takeOver: [{ alias: 'lan', from: 'MetalLB', workloads }] }
  expect(judge('lan', {}, spec)).toMatchObject({ kind: 'active', seen: 'DaemonSet lb/speaker is not there' })
  expect(judge('lan', { [speaker]: running(3) }, spec)).toMatchObject({ kind: 'waiting', runs: true })
  expect(judge('lan', { 'DaemonSet lb/speaker': forbidden, [speaker]: stopped }, spec)).toMatchObject({ kind: 'waiting' })
})

test('a name that is nobody else’s is active at once; that cannot be said of one that is well known', () => {
  const nobody = (alias: string): Partial<Spec> => ({ takeOver: [{ alias, from: 'Nobody' }] })
  expect(judge('lan', {}, nobody('lan'))).toMatchObject({ kind: 'active' })
  expect(judge(nlb, { [deployment]: running(1) }, nobody(nlb))).toMatchObject({ kind: 'waiting', runs: true })
})

test('Services without a class are looked for only where a default class says so', () => {
  const takeOver = [{ from: 'MetalLB' as const }]
  expect([...searchesOf([lbClass({ default: true })]).keys()]).toEqual([])
  expect(judge(withoutClass, { [speaker]: stopped }, { default: true, takeOver })).toMatchObject({ kind: 'active' })
  const waiting = judge(withoutClass, { [speaker]: running(2) }, { default: true, takeOver })
  expect(waiting.kind === 'waiting' && waiting.problem.message).toMatch(
    /^Services without a class are not taken over yet\. MetalLB/,
  )
  const told = waitingAliases(lbClass({ default: true, takeOver }), new Map([[withoutClass, waiting]]))
  expect(told).toContain('DaemonSet metallb-system/speaker has 2 ready pods')
})

test('the manifests in deploy/take-over allow exactly the reads that are made', () => {
  for (const { rights, leases, workloads } of Object.values(otherControllers)) {
    const role: unknown = parseAllDocuments(readFileSync(new URL(`../../${rights}`, import.meta.url), 'utf8'))[0]?.toJS()
    const named = (kind: string) => workloads.filter(each => each.kind === kind).map(({ name }) => name)
    const wanted = [
      ['leases', leases.map(({ name }) => name)],
      ['deployments', named('Deployment')],
      ['daemonsets', named('DaemonSet')],
    ] as const
    expect(role).toMatchObject({
      metadata: { namespace: [...leases, ...workloads][0]?.namespace },
      rules: wanted
        .filter(([, names]) => names.length > 0)
        .map(([resource, names]) => ({ resources: [resource], resourceNames: [...names], verbs: ['get'] })),
    })
  }
})
