// The true API server takes every CRD, every valid example and every default, and refuses every invalid one for the right reason.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from '../../test/lab/lab.ts'
import type { Example } from './examples/example.ts'
import { invalid } from './examples/invalid.ts'
import { invalidChanges } from './examples/invalid-changes.ts'
import { valid } from './examples/valid.ts'
import { apiVersion } from './group.ts'
import { kinds } from './kinds.ts'

const folder = join(import.meta.dirname, '..', '..', 'crds')
let cluster: Awaited<ReturnType<typeof startControlPlane>>

beforeAll(async () => {
  cluster = await startControlPlane()
  await cluster.kubectl(['apply', '-f', folder])
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', folder])
})
afterAll(async () => cluster?.[Symbol.asyncDispose]())

function collection(name: string): string {
  const kind = kinds.find(candidate => candidate.kind === name)
  return `/apis/${apiVersion}${kind?.scope === 'Namespaced' ? '/namespaces/default' : ''}/${kind?.plural}`
}

function object({ kind, name = 'x', spec }: Omit<Example, 'why'>): object {
  return { apiVersion, kind, metadata: { name }, spec }
}

/** Unknown fields are refused, so that an example cannot pass because its point was pruned away. */
function dryRun(example: Omit<Example, 'why'>): Promise<unknown> {
  return cluster.api.call('POST', `${collection(example.kind)}?dryRun=All&fieldValidation=Strict`, object(example))
}

test('every CRD has a structural schema', async () => {
  expect(readdirSync(folder).toSorted()).toEqual(kinds.map(kind => `${kind.plural}.yaml`).toSorted())
  const format = '{range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="NonStructuralSchema")].status}{"\\n"}{end}'
  const found = await cluster.kubectl(['get', 'crds', '-o', `jsonpath=${format}`])
  expect(
    found
      .trim()
      .split('\n')
      .map(line => line.trim())
      .toSorted(),
  ).toEqual(kinds.map(kind => `${kind.plural}.weir.dev`).toSorted())
})

describe('the API server takes', () => {
  test.each(valid.map(example => [example.kind, example.why, example] as const))('%s: %s', async (_kind, _why, example) => {
    await expect(dryRun(example)).resolves.toMatchObject({ kind: example.kind, spec: example.spec })
  })
})

describe('the API server refuses', () => {
  test.each(invalid.map(example => [example.kind, example.why, example] as const))('%s: %s', async (_kind, _why, example) => {
    await expect(dryRun(example)).rejects.toThrow(example.error)
  })

  test.each(invalidChanges.map(change => [change.kind, change.why, change] as const))('%s: %s', async (_kind, _why, change) => {
    const path = `${collection(change.kind)}/${change.name}`
    await cluster.api.call('POST', collection(change.kind), object(change))
    try {
      if (change.kind === 'Announcement')
        await cluster.api.call('PATCH', `${path}/status`, { status: { epoch: 2, term: 7, node: 'n0' } })
      const target = 'status' in change.patch ? `${path}/status` : path
      await expect(cluster.api.call('PATCH', target, change.patch)).rejects.toThrow(change.error)
    } finally {
      await cluster.api.call('DELETE', path)
    }
  })
})

test('the API server fills in the defaults that the types promise', async () => {
  expect(await dryRun({ kind: 'LoadBalancerClass', spec: { provider: 'local' } })).toMatchObject({
    spec: { provider: 'local', targets: 'Node', default: false },
  })
  expect(await dryRun({ kind: 'AddressPool', spec: { addresses: ['192.0.2.1'] } })).toMatchObject({
    spec: { autoAssign: true, avoidBuggyIPs: true },
  })
})

test('an announcement is claimed and let go with merge patches', async () => {
  const path = `${collection('Announcement')}/ip-10-201-200-9`
  const services = [{ uid: 'u1', namespace: 'default', name: 'web' }]
  const spec = { address: '10.201.200.9', pool: 'office', services, nodes: ['n0'] }
  await cluster.api.call('POST', collection('Announcement'), object({ kind: 'Announcement', name: 'ip-10-201-200-9', spec }))
  const claim = { epoch: 1, node: 'n0', interface: 'eth0', mac: '6a:60:e7:16:9c:22', since: '2026-01-01T00:00:00Z' }
  await cluster.api.call('PATCH', `${path}/status`, { status: claim })
  const freed = await cluster.api.call('PATCH', `${path}/status`, {
    status: { node: '', interface: null, mac: null, since: null },
  })
  expect(freed).toMatchObject({ status: { epoch: 1, node: '' } })
})
