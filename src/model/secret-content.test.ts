// Secrets as people make them: good ones are read, and of each mistake it is said what and where, with nothing of a key.
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SecretKind, SecretRef } from './ingress-group.ts'
import { certificateAge, coversHost, readSecretContent, uncoveredHosts } from './secret-content.ts'

const ref: SecretRef = { kind: 'tls', namespace: 'default', name: 'shop-tls' }
const encode = (text: string) => Buffer.from(text).toString('base64')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-secrets-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A self-signed certificate and its key, as PEM. */
function pair(
  names: readonly string[],
  newKey: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
) {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const alternatives = names.length > 0 ? ['-addext', `subjectAltName=${names.map(name => `DNS:${name}`).join(',')}`] : []
  const made = ['req', '-x509', ...newKey, '-nodes', '-days', '30', '-keyout', key, '-out', certificate, '-subj', '/CN=shop']
  execFileSync('openssl', [...made, ...alternatives], { stdio: 'ignore' })
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
}

const tls = (certificate: string, key: string) =>
  readSecretContent(ref, { 'tls.crt': encode(certificate), 'tls.key': encode(key) })
const read = (kind: SecretKind, data: Record<string, string>) => readSecretContent({ ...ref, kind }, data)
const messageOf = (verdict: ReturnType<typeof readSecretContent>) => ('problem' in verdict ? verdict.problem.message : 'usable')

test('a certificate with its key is read, with the names and the time that it is for', () => {
  const { certificate, key } = pair(['Shop.example.com', '*.shop.example.com'])
  const verdict = tls(certificate, key)
  expect(verdict).toMatchObject({
    content: { kind: 'tls', chain: certificate, key },
    certificate: { names: ['shop.example.com', '*.shop.example.com'], notAfter: expect.stringMatching(/^\d{4}-.*Z$/) },
  })
})

test('another certificate or another key is another fingerprint; the same content is the same', () => {
  const fingerprintOf = (verdict: ReturnType<typeof readSecretContent>) =>
    'content' in verdict ? verdict.content.fingerprint : ''
  const [one, other] = [pair(['a.example.com']), pair(['a.example.com'])]
  expect(fingerprintOf(tls(one.certificate, one.key))).toMatch(/^[0-9a-f]{64}$/)
  expect(fingerprintOf(tls(one.certificate, one.key))).toBe(fingerprintOf(tls(one.certificate, one.key)))
  expect(fingerprintOf(tls(other.certificate, other.key))).not.toBe(fingerprintOf(tls(one.certificate, one.key)))
})

test('of each mistake it is said what it is and where', () => {
  const [one, other] = [pair(['a.example.com']), pair(['b.example.com'])]
  const small = pair(['a.example.com'], ['-newkey', 'rsa:1024'])
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
  expect(messageOf(readSecretContent(ref, undefined))).toBe('Secret default/shop-tls has no tls.crt.')
  expect(messageOf(readSecretContent(ref, { 'tls.crt': encode(one.certificate) }))).toBe(
    'Secret default/shop-tls has no tls.key.',
  )
  expect(messageOf(tls('hello', one.key))).toBe('tls.crt of Secret default/shop-tls holds no certificate in PEM.')
  expect(messageOf(tls(`${one.certificate}${one.certificate.replace(/MI/, 'XX')}`, one.key))).toBe(
    'Certificate 2 in tls.crt of Secret default/shop-tls cannot be read.',
  )
  expect(messageOf(tls(one.certificate, 'hello'))).toContain('holds no private key in PEM')
  expect(messageOf(tls(one.certificate, locked))).toContain('that can be read without a password')
  expect(messageOf(tls(one.certificate, other.key))).toContain('is not that of the first certificate')
  expect(messageOf(tls(small.certificate, small.key))).toContain('is RSA with 1024 bits')
})

test('certificates of authorities and lists of users have fields of their own', () => {
  const { certificate } = pair([])
  expect(read('ca', { 'ca.crt': encode(certificate) })).toMatchObject({ content: { kind: 'ca', chain: certificate } })
  expect(messageOf(read('ca', { 'tls.crt': encode(certificate) }))).toBe('Secret default/shop-tls has no ca.crt.')
  const users = 'ann:$2y$05$abc\n\nbob:{SHA}xyz\n'
  expect(read('basic-auth', { auth: encode(users) })).toMatchObject({ content: { users } })
  expect(messageOf(read('basic-auth', { auth: encode('ann:x\nbob') }))).toContain('Entry 2 in the field auth')
})

test('users may each have a field of their own with a hash; a Secret for something else is none of users', () => {
  const users = { bob: encode('$apr1$x$y\n'), ann: encode('{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=') }
  expect(read('basic-auth', users)).toMatchObject({
    content: { users: 'ann:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nbob:$apr1$x$y' },
  })
  expect(messageOf(read('basic-auth', { ...users, token: encode('hunter2') }))).toContain('has no auth')
  expect(messageOf(read('basic-auth', {}))).toContain('has no auth')
  expect(messageOf(read('basic-auth', { auth: encode('ann:{SHA}x\n'.repeat(10_000)) }))).toContain('more than 65536')
})

test('a Secret larger than one can be, full of certificates that do not end, is read once and refused', () => {
  const text = '-----BEGIN CERTIFICATE-----\n'.repeat(150_000)
  expect(messageOf(tls(text, 'key'))).toContain('holds no certificate in PEM')
})

test('whatever a Secret holds, reading it ends with a verdict, and nothing of the key is told', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12, unit: 'binary' }), fc.string({ unit: 'binary' }), (key, certificate) => {
      const message = messageOf(tls(certificate, `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----`))
      expect(message).not.toContain(key)
    }),
    { numRuns: 50 },
  )
})

test('an asterisk stands for one whole label, and a certificate without names is for nobody', () => {
  const names = ['a.example.com', '*.example.org']
  expect(coversHost(names, 'a.example.com')).toBe(true)
  expect(coversHost(names, 'b.example.org')).toBe(true)
  expect(coversHost(names, '*.example.org')).toBe(true)
  expect([coversHost(names, 'example.org'), coversHost(names, 'a.b.example.org'), coversHost(names, 'b.example.com')]).toEqual([
    false,
    false,
    false,
  ])
  const facts = { names, notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-02-01T00:00:00Z' }
  expect(uncoveredHosts(ref, facts, ['a.example.com', ''])).toBeUndefined()
  expect(uncoveredHosts(ref, facts, ['shop.example.com'])?.message).toBe(
    'The certificate in Secret default/shop-tls is not for shop.example.com: it names a.example.com, *.example.org.',
  )
  expect(uncoveredHosts(ref, { ...facts, names: [] }, ['a.example.com'])?.message).toContain('it names no host')
})

test('a certificate that is over or not begun is told with its day', () => {
  const facts = { names: [], notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-02-01T00:00:00Z' }
  expect(certificateAge(ref, facts, Date.parse('2026-01-15T00:00:00Z'))).toBeUndefined()
  expect(certificateAge(ref, facts, Date.parse('2026-02-02T00:00:00Z'))?.message).toContain('ended on 2026-02-01')
  expect(certificateAge(ref, facts, Date.parse('2025-12-31T00:00:00Z'))?.message).toContain('begins only on 2026-01-01')
})

test('a client of a provider of identities has an id, in either spelling, and a secret', () => {
  const read = (data: Readonly<Record<string, string>>) =>
    readSecretContent({ kind: 'oidc', namespace: 'default', name: 'oidc' }, data)
  const wanted = { content: { kind: 'oidc', clientId: 'me', clientSecret: 'hidden' } }
  expect(read({ clientID: encode('me'), clientSecret: encode('hidden\n') })).toMatchObject(wanted)
  expect(read({ clientId: encode('me'), clientSecret: encode('hidden') })).toMatchObject(wanted)
  expect(messageOf(read({ clientSecret: encode('hidden') }))).toBe('Secret default/oidc has no clientID.')
  expect(messageOf(read({ clientID: encode('me') }))).toBe('Secret default/oidc has no clientSecret.')
})
