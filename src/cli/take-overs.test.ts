// What plan, diff, explain and status say of Services whose class is an alias that waits for another controller to go.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { systemClock } from '../kubernetes/clock.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { searchesOf } from '../model/other-controllers.ts'
import { judgeTakeOver } from '../model/take-over.ts'
import { lan, noon, service } from './cluster-under-test.ts'
import { explainService } from './explain/service.ts'
import { imagine } from './foretell/imagined.ts'
import { foretellService } from './foretell/service.ts'
import { planView } from './plan.ts'
import { render } from './render.ts'
import { emptySnapshot } from './snapshot.ts'
import { statusView } from './status.ts'
import { toldTakeOvers } from './take-overs.ts'

const metallb: LoadBalancerClass = { ...lan, spec: { ...lan.spec, aliases: ['metallb'] } }
const spec: Service['spec'] = { type: 'LoadBalancer', loadBalancerClass: 'metallb' }

/** As the controller writes it while three speakers run. */
function message(): string {
  const search = searchesOf([metallb]).get('metallb')
  if (!search) throw new Error('nobody looks for the alias')
  const judged = judgeTakeOver(search, {
    lease: () => ({ kind: 'missing' }),
    workload: ({ name }) => (name === 'speaker' ? { kind: 'running', ready: 3 } : { kind: 'missing' }),
  })
  if (judged.kind !== 'waiting') throw new Error('it does not wait')
  return `${judged.problem.message} ${judged.problem.remedy}`
}

const waiting = service('waiting', { spec, ready: false, reason: 'OtherControllerRuns', message: message() })

const unasked = new Error('the API server is asked for nothing here')
const nobody: Transport = {
  server: '',
  request: () => Promise.reject(unasked),
  stream() {
    throw unasked
  },
  stats: { connections: 0, requests: 0, retries: 0 },
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
}

/** As `weir plan` tells of `asked` where the controller told `services` their conditions. */
async function planText(asked: Service, services: readonly Service[]): Promise<string> {
  const snapshot = { ...emptySnapshot, classes: [metallb], services }
  const imagined = imagine(snapshot, { transport: nobody, systemNamespace: 'weir-system', clock: systemClock() })
  const told = await foretellService(asked, { imagined, foretellers: new Map() }, new AbortController().signal)
  return render(planView([told]), { format: 'table', colour: false })
}

test('plan says who still runs, where that was seen and what to do, and tells no load balancer that would be made', async () => {
  const text = await planText(waiting, [waiting])
  expect(text).toContain('default/waiting would not be served: OtherControllerRuns\n')
  expect(text).toContain('metallb is not taken over yet. MetalLB still runs: DaemonSet metallb-system/speaker has 3 ready pods.')
  expect(text).toMatch(/^ +do +Stop the other controller, or take the alias out of the LoadBalancerClass\.$/m)
})

test('a Service of a file is told what those of the same class are told', async () => {
  expect(await planText(service('new', { spec }), [waiting])).toContain('default/new would not be served: OtherControllerRuns\n')
})

test('of one that was taken over before and whose controller has come back, what it has is kept, said once', async () => {
  const held: Service = {
    ...service('held', {
      spec,
      ready: false,
      reason: 'OtherControllerRuns',
      message: `${message()} What the Service has is kept.`,
    }),
    metadata: { namespace: 'default', name: 'held', finalizers: ['weir.dev/load-balancer-cleanup'] },
  }
  const text = await planText(held, [held])
  expect(text.split('is kept.')).toHaveLength(2)
})

test('what waits for others says nothing of a class of our own, nor of one that is served', () => {
  const served = service('served', { spec, ready: true })
  for (const asked of [service('lan'), served, service('other', { spec: { type: 'LoadBalancer', loadBalancerClass: 'other' } })])
    expect(toldTakeOvers(asked, [waiting])).toBeUndefined()
})

test('explain says it as the condition does, and does not say that the class serves it', () => {
  const snapshot = { ...emptySnapshot, classes: [metallb], services: [waiting] }
  const text = render(explainService(waiting, snapshot, noon), { format: 'table', colour: false })
  expect(text).toMatch(
    /^default\/waiting is not ready: OtherControllerRuns\n +why +metallb is not taken over yet\. MetalLB still runs/,
  )
  expect(text).toContain('lan (spec.loadBalancerClass: metallb, an alias of it), which leaves it alone')
  expect(text).not.toContain('→ provider local')
})

test('status names the reason, and wide the whole message', () => {
  const view = statusView({ ...emptySnapshot, classes: [metallb], services: [waiting] }, { wide: true })
  const text = render(view, { format: 'table', colour: false })
  expect(text).toMatch(/^default\/waiting .* no: OtherControllerRuns +metallb is not taken over yet\. MetalLB still runs/m)
  expect(view.healthy).toBe(false)
})
