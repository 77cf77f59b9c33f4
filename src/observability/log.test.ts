// The log's lines: levels, times, errors, and no secrets.
import { expect, test } from 'vitest'
import { createLog } from './log.ts'

function capture(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = []
  const log = createLog({ level, program: 'weir-test', destination: { write: line => void lines.push(JSON.parse(line)) } })
  return { log, lines }
}

test('a line carries program, level word, ISO time, the fields and the phrase', () => {
  const { log, lines } = capture()
  log.info({ object: 'default/web', reason: 'Serving', durationMs: 3 }, 'decided')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    program: 'weir-test',
    level: 'info',
    object: 'default/web',
    reason: 'Serving',
    msg: 'decided',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  })
})

test('lines below the level are not written', () => {
  const { log, lines } = capture('info')
  log.debug({}, 'not this one')
  expect(lines).toEqual([])
})

test('a child adds its fields to every line', () => {
  const { log, lines } = capture()
  log.child({ controller: 'service' }).warn({}, 'here')
  expect(lines[0]).toMatchObject({ controller: 'service', level: 'warn' })
})

test('tokens, passwords and TLS keys never reach the log', () => {
  const { log, lines } = capture()
  log.info(
    { request: { headers: { authorization: 'Bearer s3cret' } }, token: 's3cret', identity: { tls: { key: 's3cret' } } },
    'request',
  )
  expect(JSON.stringify(lines)).not.toContain('s3cret')
})

test('a typed error shows code and remedy without a stack, a programming mistake shows its stack', () => {
  const { log, lines } = capture()
  const typed = Object.assign(new Error('10.9.9.9 is in no pool'), { code: 'PoolsExhausted', remedy: 'enlarge', retry: 'later' })
  log.error({ error: typed }, 'failed')
  log.error({ error: new TypeError('x is undefined') }, 'failed')
  expect(lines[0]?.error).toEqual({ name: 'Error', message: '10.9.9.9 is in no pool', code: 'PoolsExhausted', remedy: 'enlarge' })
  expect(lines[1]?.error).toMatchObject({ stack: expect.stringContaining('TypeError: x is undefined') })
})

test('a secret does not reach the log in a message, an error, an object of the cluster, or however deep', () => {
  const { log, lines } = capture()
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${'s3cret'.repeat(4)}.${'s3cret'.repeat(4)}`
  const key = '-----BEGIN EC PRIVATE KEY-----\ns3cret\n-----END EC PRIVATE KEY-----'
  log.warn({ error: new Error(`the exec plugin said: Bearer s3crets3cret and ${jwt}`) }, 'failed')
  log.info({ object: { kind: 'Secret', metadata: { name: 'web-tls' }, data: { 'tls.key': 's3cret', other: 's3cret' } } }, 'seen')
  log.info({ a: { b: { c: { d: [{ clientSecret: 's3cret', note: key }] } } } }, 'deep')
  log.child({ AWS: { secretAccessKey: 's3cret', SessionToken: 's3cret' } }).info({ text: 'password=s3cret1' }, 'child')
  expect(lines).toHaveLength(4)
  expect(JSON.stringify(lines)).not.toContain('s3cret')
  expect(JSON.stringify(lines)).toContain('web-tls')
})

test('what is no secret stays as it is: names of Secrets, keys of queues, reasons', () => {
  const { log, lines } = capture()
  log.info({ secret: 'default/web-tls', key: 'default/web', reason: 'SecretNotFound', addresses: ['192.0.2.1'] }, 'decided')
  expect(lines[0]).toMatchObject({
    secret: 'default/web-tls',
    key: 'default/web',
    reason: 'SecretNotFound',
    addresses: ['192.0.2.1'],
  })
})
