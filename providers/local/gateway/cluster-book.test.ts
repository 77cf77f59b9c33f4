// Clusters are shared by whoever speaks to the same port in the same way, and by nobody else.
import { expect, test } from 'vitest'
import { createClusterBook } from './cluster-book.ts'

const grpc = { port: 50_051, appProtocol: 'kubernetes.io/h2c' }

test('an authority that is asked at a port does not change how routes speak to it', () => {
  const book = createClusterBook()
  const asked = book.use({ kind: 'service', namespace: 'shop', name: 'api', port: { port: 50_051 } })
  const routed = book.use({ kind: 'service', namespace: 'shop', name: 'api', port: grpc })
  expect(routed).not.toBe(asked)
  expect(book.use({ kind: 'service', namespace: 'shop', name: 'api', port: grpc }, { upstream: {} })).toBe(routed)
  expect([...book.clusters.values()].map(({ backend }) => backend)).toMatchObject([{ port: { port: 50_051 } }, { port: grpc }])
})
