// Random Ingresses of few names, so that they meet: hosts, paths and ages collide often.
import * as fc from 'fast-check'
import type { Ingress } from '../ingress-objects.ts'
import { to } from './examples-under-test.ts'

const hosts = ['', 'a.test', 'b.test', 'x.a.test', '*.test', '*.a.test']
const elements = fc.constantFrom('a', 'b', 'aa', 'A', 'a%2Fb')
const writtenPath = fc
  .tuple(fc.array(elements, { maxLength: 3 }), fc.boolean())
  .map(([parts, slash]) => (parts.length === 0 ? '/' : `/${parts.join('/')}${slash ? '/' : ''}`))

const service = fc.nat({ max: 3 }).map(number => to(`web${number}`))

const rule = fc.record({
  host: fc.constantFrom(...hosts),
  http: fc.option(
    fc.record({
      paths: fc.array(
        fc.record({
          path: writtenPath,
          pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
          backend: service,
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
    { freq: 8 },
  ),
})

const tls = fc.record(
  {
    hosts: fc.array(fc.constantFrom(...hosts.filter(host => host !== '')), { maxLength: 2 }),
    secretName: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: ['secretName'] },
)

/** One Ingress; its name says nothing about its age. */
export const anyIngress: fc.Arbitrary<Ingress> = fc
  .record({
    namespace: fc.constantFrom('n1', 'n2'),
    name: fc.constantFrom('p', 'q', 'r', 's'),
    day: fc.integer({ min: 1, max: 3 }),
    rules: fc.array(rule, { maxLength: 4 }),
    tls: fc.array(tls, { maxLength: 2 }),
    defaultBackend: fc.option(service, { nil: undefined, freq: 2 }),
  })
  .map(({ namespace, name, day, rules, tls, defaultBackend }) => ({
    metadata: { namespace, name, uid: `${namespace}-${name}`, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    spec: { rules, tls, ...(defaultBackend ? { defaultBackend } : {}) },
  }))

/** Up to six, each namespace and name once. */
export const anyIngresses = fc.uniqueArray(anyIngress, {
  maxLength: 6,
  selector: ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
})

/** Requests near to what the Ingresses name. */
export const anyRequest = fc.record({
  host: fc.constantFrom('a.test', 'b.test', 'x.a.test', 'y.a.test', 'x.y.a.test', 'test', 'other', '', 'A.test:80', '[::1]:80'),
  path: fc
    .tuple(fc.array(fc.oneof(elements, fc.constant('')), { maxLength: 4 }), fc.constantFrom('', '/', '?q=/a'))
    .map(([parts, end]) => `/${parts.join('/')}${end}`),
})
