// The endpoints of Services in a file: of what the file says, not of what the cluster lists for the Service before the change.
import { expect, test } from 'vitest'
import { simulatedClock } from '../../kubernetes/simulated-clock.ts'
import type { ApiRequest, Transport } from '../../kubernetes/transport.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import { service, slice } from '../cluster-under-test.ts'
import { manifestOf } from './manifests.ts'
import { openForetelling } from './open.ts'

const ports = [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' as const }]
const web = service('web', { spec: { selector: { app: 'web' }, ports } })
const pod = {
  metadata: { namespace: 'default', name: 'web-0', labels: { app: 'web' } },
  status: { podIPs: [{ ip: '10.244.0.10' }], conditions: [{ type: 'Ready', status: 'True' }] },
}
const lists: Readonly<Record<string, readonly object[]>> = {
  '/api/v1/services': [web],
  '/apis/discovery.k8s.io/v1/endpointslices': [slice('web', [{ pod: 'web-0', address: '10.244.0.10' }])],
  '/api/v1/namespaces/default/pods': [pod],
}

/** An API server that takes every change in a dry run. */
const transport: Transport = {
  server: 'https://10.0.0.1:6443',
  request: <T>({ method, path, body }: ApiRequest) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever asks knows what is kept there
    Promise.resolve((method === 'PATCH' ? body : { metadata: {}, items: lists[path] ?? [] }) as T),
  stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('nobody listens')) }) }),
  stats: { connections: 0, requests: 0, retries: 0 },
  close: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

async function endpointsWith(spec: Service['spec']) {
  const manifest = manifestOf({ apiVersion: 'v1', kind: 'Service', ...service('web', { spec }) })
  const around = { transport, clock: simulatedClock(), systemNamespace: 'weir-system', namespace: 'default' }
  const makeForetellers = () => Promise.resolve(new Map())
  const { imagined } = await openForetelling({ ...around, makeForetellers }, [manifest], new AbortController().signal)
  return imagined.stores.slices
    .byIndex('service', 'default/web')
    .flatMap(({ metadata, endpoints, ports: targets }) =>
      (endpoints ?? []).map(({ addresses }) => [metadata.name, addresses[0], targets?.[0]?.port]),
    )
}

test.each([
  ['the same selector and ports keep what is listed', { selector: { app: 'web' }, ports }, [['web-1', '10.244.0.10', 8080]]],
  ['a selector that no pod matches has none', { selector: { app: 'wbe' }, ports }, []],
  [
    'another target port is that of the pods',
    { selector: { app: 'web' }, ports: [{ ...ports[0], port: 80, targetPort: 9090 }] },
    [['web-imagined-ipv4', '10.244.0.10', 9090]],
  ],
  ['without a selector what is listed stays', { ports }, [['web-1', '10.244.0.10', 8080]]],
] as const)('%s', async (_, spec, expected) => {
  expect(await endpointsWith(spec)).toEqual(expected)
})
