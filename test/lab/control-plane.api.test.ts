// The light control plane: it answers, it comes back after kill -9 with its objects, and it leaves nothing behind.
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import { isAlive } from './proc.ts'

test('an API server that was killed and started again still has the objects it was given', async () => {
  await using cluster = await startControlPlane()
  const namespaces = '/api/v1/namespaces'
  await cluster.api.call('POST', namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kept' } })

  await cluster.kill('kube-apiserver')
  expect(await cluster.api.ready()).toBe(false)
  await cluster.restart('kube-apiserver')

  expect(await cluster.kubectl(['get', 'namespace', 'kept', '-o', 'name'])).toBe('namespace/kept\n')
})

test('a control plane that is disposed leaves no process and no file', async () => {
  const cluster = await startControlPlane({ controllers: ['*'] })
  const { state } = cluster
  expect(cluster.running('kube-controller-manager')).toBe(true)
  const records = state.processes()

  await cluster[Symbol.asyncDispose]()

  expect(records.map(record => record.name).toSorted()).toEqual(['etcd', 'kube-apiserver', 'kube-controller-manager'])
  expect(records.filter(isAlive)).toEqual([])
  expect(existsSync(state.dir)).toBe(false)
})
