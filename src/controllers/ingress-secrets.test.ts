// Secrets by name: looked at again and again, told once per change, and with the last good content remembered.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ApiError } from '../kubernetes/errors.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { SecretRef } from '../model/ingress-group.ts'
import { secretKey } from '../model/ingress-group.ts'
import { createLog } from '../observability/log.ts'
import { createMetrics } from '../observability/metrics.ts'
import { startSecretFollower } from './ingress-secrets.ts'

const ref: SecretRef = { kind: 'tls', namespace: 'default', name: 'shop-tls' }
const encode = (text: string) => Buffer.from(text).toString('base64')

let good: Readonly<Record<string, string>>
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-secret-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  execFileSync('openssl', [...made, '-keyout', key, '-out', certificate, '-subj', '/CN=shop'], { stdio: 'ignore' })
  good = { 'tls.crt': encode(readFileSync(certificate, 'utf8')), 'tls.key': encode(readFileSync(key, 'utf8')) }
  rmSync(folder, { recursive: true })
})

function world() {
  // The certificate was made by the machine's own time.
  const clock = simulatedClock(Date.now())
  let present: { readonly data: Readonly<Record<string, string>>; readonly version: number } | undefined
  let requests = 0
  const told: string[] = []
  const follower = startSecretFollower({
    writer: {
      get: async (_resource, name, namespace) => {
        requests++
        if (!present) throw new ApiError(`GET ${name}`, 404)
        // What is asked for here is a Secret.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        return { metadata: { name, namespace, uid: 'u', resourceVersion: String(present.version) }, data: present.data } as never
      },
    },
    clock,
    random: () => 0.5,
    log: createLog({ level: 'silent', program: 'test' }),
    metrics: createMetrics(),
    onChange: key => void told.push(key),
  })
  const reason = () => follower.state(secretKey(ref))?.problem?.reason
  const put = (data: Readonly<Record<string, string>>) => void (present = { data, version: (present?.version ?? 0) + 1 })
  return {
    clock,
    follower,
    reason,
    put,
    take: () => void (present = undefined),
    told: () => told.splice(0),
    requests: () => requests,
  }
}

test('one that is missing is told, found when it comes, and read again without a word', async () => {
  const { clock, follower, reason, put, told } = world()
  follower.follow([ref])
  await clock.advance(0)
  expect(reason()).toBe('SecretNotFound')
  put(good)
  await clock.advance(10_000)
  expect(reason()).toBeUndefined()
  expect(told()).toEqual([secretKey(ref), secretKey(ref)])
  await clock.advance(300_000)
  expect(told()).toEqual([])
  await follower.stop(0)
})

test('spoilt or deleted, the last good content is still known', async () => {
  const { clock, follower, reason, put, take } = world()
  put(good)
  follower.follow([ref])
  await clock.advance(0)
  const before = follower.state(secretKey(ref))?.good
  expect(before?.fingerprint).toMatch(/^[0-9a-f]{64}$/)
  put({ ...good, 'tls.key': encode('no key') })
  await clock.advance(20_000)
  expect(reason()).toBe('InvalidSecret')
  take()
  await clock.advance(20_000)
  expect(reason()).toBe('SecretNotFound')
  expect(follower.state(secretKey(ref))?.good).toEqual(before)
  put(good)
  await clock.advance(20_000)
  expect(reason()).toBeUndefined()
  await follower.stop(0)
})

test('a certificate that ends while nobody changes it is told', async () => {
  const { clock, follower, reason, put } = world()
  put(good)
  follower.follow([ref])
  await clock.advance(0)
  expect(reason()).toBeUndefined()
  await clock.advance(25 * 3600 * 1000)
  expect(reason()).toBe('CertificateExpired')
  await follower.stop(0)
})

test('who is not named any more is not read, and many are read no faster than ten in a second', async () => {
  const { clock, follower, requests } = world()
  const many = Array.from({ length: 600 }, (_, index) => ({ ...ref, name: `tls-${index}` }))
  follower.follow(many)
  await clock.advance(0)
  const before = requests()
  await clock.advance(120_000)
  expect(requests() - before).toBeLessThanOrEqual(1300)
  expect(requests() - before).toBeGreaterThan(600)
  follower.follow([])
  await clock.advance(1000)
  const after = requests()
  await clock.advance(120_000)
  expect(requests()).toBe(after)
  await follower.stop(0)
})
