// Who is answered: loopback names, the page itself, and people who follow a link to it.
import { expect, test } from 'vitest'
import { refusalOf } from './guard.ts'

test.each([
  ['localhost:8090', {}],
  ['127.0.0.1:40123', { 'sec-fetch-site': 'same-origin' }],
  ['[::1]:8090', { 'sec-fetch-site': 'none' }],
  ['LOCALHOST', {}],
  ['localhost:8090', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
] as const)('asked as %s with %o it answers', (host, headers) => {
  expect(refusalOf('GET', { host, ...headers })).toBeUndefined()
})

test.each([
  ['evil.example'],
  ['localhost.evil.example:8090'],
  ['127.0.0.1.nip.io'],
  ['10.244.0.7:8090'],
  ['localhost@evil.example'],
  ['user@localhost'],
  [''],
  ['not a host'],
])('the host %s, which may point here, is refused', host => {
  expect(refusalOf('GET', { host })).toMatchObject({ status: 421 })
})

test.each(['cross-site', 'same-site'] as const)('a %s request from the page of somebody else is refused', site => {
  const headers = { host: 'localhost:8090', 'sec-fetch-site': site, 'sec-fetch-mode': 'cors' }
  expect(refusalOf('GET', headers)).toMatchObject({ status: 403 })
})

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', method => {
  expect(refusalOf(method, { host: 'localhost' })).toMatchObject({ status: 405 })
})
