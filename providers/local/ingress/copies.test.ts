// Copies of Secrets: only good content is copied, the last good one stays, and what nobody needs goes in time.
import { expect, test } from 'vitest'
import type { SecretRef, SecretState } from '../../../src/model/ingress-group.ts'
import { secretKey } from '../../../src/model/ingress-group.ts'
import type { CopiedSecret } from '../gateway/record.ts'
import { copiedFrom, copyName } from '../gateway/record.ts'
import type { Conflict } from '../views.ts'
import { createSecretCopies } from './copies.ts'

const ref: SecretRef = { kind: 'tls', namespace: 'default', name: 'shop-tls' }
const { signal } = new AbortController()

function state(fingerprint: string | undefined, { now = fingerprint, of = ref } = {}): SecretState {
  return {
    ref: of,
    ...(fingerprint === undefined ? {} : { good: { fingerprint } }),
    content: async () =>
      now === undefined ? undefined : { kind: 'tls', fingerprint: now, chain: `chain ${now}`, key: `key ${now}` },
  }
}

function world() {
  const copies = new Map<string, CopiedSecret>()
  const writes: string[] = []
  let time = 0
  let answer: Conflict | undefined
  const put = (what: string, copy: CopiedSecret) => {
    writes.push(`${what} ${copy.metadata.name}`)
    if (answer) return answer
    copies.set(`weir-system/${copy.metadata.name}`, copy)
    return copy
  }
  const kept = createSecretCopies({
    copies: { get: key => copies.get(key), values: () => copies.values(), subscribe: () => () => {} },
    isComplete: () => true,
    store: {
      create: async copy => put('create', copy),
      patch: async (seen, patch) =>
        put('patch', { ...seen, ...patch, metadata: Object.assign({}, seen.metadata, 'metadata' in patch && patch.metadata) }),
      remove: async seen => {
        writes.push(`remove ${seen.metadata.name}`)
        copies.delete(`weir-system/${seen.metadata.name}`)
        return 'done'
      },
    },
    now: () => time,
    log: { info: () => {} },
  })
  const keep = (...states: readonly SecretState[]) =>
    kept.keep(
      states.map(({ ref }) => ref),
      new Map(states.map(each => [secretKey(each.ref), each])),
      signal,
    )
  return {
    keep,
    copy: (of = ref) => copies.get(`weir-system/${copyName(of)}`),
    writes: () => writes.splice(0),
    later: (ms: number) => void (time += ms),
    refuse: (next: Conflict | undefined) => void (answer = next),
    kept,
  }
}

test('a good Secret is copied with its source and fingerprint, once', async () => {
  const { keep, copy, writes } = world()
  await keep(state('f1'))
  await keep(state('f1'))
  expect(writes()).toEqual([`create ${copyName(ref)}`])
  expect(copy()).toMatchObject({ type: 'kubernetes.io/tls', metadata: { namespace: 'weir-system' } })
  expect(copiedFrom(copy() ?? { metadata: { name: '' } })).toEqual({ ...ref, fingerprint: 'f1' })
  expect(Buffer.from(copy()?.data?.['tls.key'] ?? '', 'base64').toString()).toBe('key f1')
})

test('renewed content replaces the copy; spoilt or missing content does not', async () => {
  const { keep, copy, writes } = world()
  await keep(state('f1'))
  await keep(state('f2'))
  expect(writes()).toEqual([`create ${copyName(ref)}`, `patch ${copyName(ref)}`])
  await keep(state(undefined, { of: ref }))
  // Spoilt between the look and the writing.
  await keep(state('f3', { now: 'f4' }))
  expect(writes()).toEqual([])
  expect(copiedFrom(copy() ?? { metadata: { name: '' } })?.fingerprint).toBe('f2')
})

test('one that cannot be written keeps no other from being renewed', async () => {
  const { keep, copy, refuse } = world()
  const other = { ...ref, name: 'other-tls' }
  const broken: SecretState = { ...state('f1'), content: async () => Promise.reject(new Error('refused')) }
  await expect(keep(broken, state('f1', { of: other }))).rejects.toThrow('refused')
  expect(copy(other)).toBeDefined()
  refuse('conflict')
  await expect(keep(state('f2', { of: other }))).rejects.toThrow('changed by somebody else')
})

test('a copy that nobody needs is deleted after a while, not at once', async () => {
  const { keep, copy, later } = world()
  await keep(state('f1'))
  await keep()
  later(300_000)
  await keep()
  expect(copy()).toBeDefined()
  await keep(state('f1'))
  later(900_000)
  await keep()
  expect(copy()).toBeDefined()
  later(601_000)
  await keep()
  expect(copy()).toBeUndefined()
})

test('names of copies have one length and differ by use', () => {
  const names = (['tls', 'ca', 'basic-auth'] as const).map(kind => copyName({ ...ref, kind }))
  expect(new Set(names).size).toBe(3)
  for (const name of names) expect(name).toMatch(/^[a-z][-a-z0-9]{1,62}$/)
})
