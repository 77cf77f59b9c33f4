// A Service is not released while a provider that does not run here has something of it.
import { expect, test } from 'vitest'
import type { AddressBlock } from '../api/address-block.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { ApiError } from '../kubernetes/errors.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { createHeldElsewhere } from './held-elsewhere.ts'

const web: Service = { metadata: { namespace: 'default', name: 'web', uid: '12345678-web' }, spec: { type: 'ClusterIP' } }
const classOf = (provider: 'aws' | 'local'): LoadBalancerClass => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: provider },
  spec: { provider, targets: 'Node', default: false },
})
const block: AddressBlock = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'AddressBlock',
  metadata: { name: 'ipv4-10-0-0-0' },
  spec: {
    base: '10.0.0.0',
    bitmap: '0'.repeat(64),
    allocations: { 1: { pool: 'office', since: '', owners: [{ uid: '12345678-web', namespace: 'default', name: 'web' }] } },
  },
}
const never = new AbortController().signal

function ask(
  providers: readonly string[],
  options: { answer?: number; lbClass?: LoadBalancerClass; blocks?: AddressBlock[] } = {},
) {
  const { answer = 404, lbClass, blocks = [] } = options
  const requests: string[] = []
  const held = createHeldElsewhere({
    providers: new Set(providers),
    blocks: { values: () => blocks.values() },
    writer: {
      get: async (_, name) => {
        requests.push(name)
        // The object itself is not looked at.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        if (answer === 200) return {} as never
        throw new ApiError('get', answer, { status: { kind: 'Status', code: answer, reason: '', message: '' } })
      },
    },
    namespace: 'weir-system',
  })
  return held(web, lbClass, never).then(problem => ({ problem, requests }))
}

test('what was made on AWS holds back a Service whose class went with its type', async () => {
  const { problem } = await ask(['local'], { answer: 200 })
  expect(problem).toMatchObject({ reason: 'ProviderNotConfigured', severity: 'blocks' })
  expect(problem?.message).toContain('the provider aws')
  expect(problem?.message).toContain('LoadBalancer weir-system/default.web.12345678')
  expect((await ask(['local'])).problem).toBeUndefined()
})

test('without the right to look, a Service of a class of aws is held back and any other is not', async () => {
  expect((await ask(['local'], { answer: 403, lbClass: classOf('aws') })).problem).toBeDefined()
  expect((await ask(['local'], { answer: 403 })).problem).toBeUndefined()
})

test('an address of the LAN holds a Service back where the local provider does not run', async () => {
  const { problem } = await ask(['aws'], { blocks: [block] })
  expect(problem?.message).toContain('the provider local, which this controller does not run (AddressBlock ipv4-10-0-0-0)')
  expect((await ask(['aws', 'local'], { blocks: [block] })).problem).toBeUndefined()
})

test('a deletion of a Service whose provider runs costs no request', async () => {
  expect(await ask(['local'], { answer: 200, lbClass: classOf('local') })).toEqual({ problem: undefined, requests: [] })
})

test('an API server that fails lets nothing go', async () => {
  await expect(ask(['local'], { answer: 500 })).rejects.toThrow()
})
