// Verdicts that come late find who spoils a configuration all the same, and blame nobody else.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPublisher } from './publisher.ts'
import type { Version } from './quarantine.ts'
import type { Target } from './target.ts'

/** `{ a: '1', b: 'bad' }` */
type Versions = Readonly<Record<string, string>>

const members = (versions: Versions): ReadonlyMap<string, Version<string>> =>
  new Map(Object.entries(versions).map(([id, text]) => [id, { digest: text, value: text }]))

const nothing = () => {}

/** A publisher, what it published in order, and an Envoy that refuses whatever holds a bad version. */
function published() {
  const sent: { readonly target: Target; readonly versions: Versions }[] = []
  let versions: Versions = {}
  const publisher = createPublisher<string>({
    server: () => ({ publish: target => sent.push({ target, versions }) }),
    render(chosen) {
      versions = Object.fromEntries([...chosen].map(([id, { value }]) => [id, value]))
      return { secrets: new Map(), clusters: new Map(), endpoints: new Map(), listeners: new Map(), routes: new Map() }
    },
    clock: { monotonic: () => 0 },
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    onMemory: nothing,
    onHeld: nothing,
  })
  return {
    publisher,
    sent,
    answer: (index: number) => {
      const found = sent[index]
      if (!found) return
      if (Object.values(found.versions).some(text => text.startsWith('bad'))) publisher.refused(found.target, 'no')
      else publisher.settled(found.target)
    },
  }
}

test('a bad version is held though every verdict comes when there is already another configuration', () => {
  const version = fc.constantFrom('1', '2', 'bad')
  const wanted = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), version, { minKeys: 1 })
  fc.assert(
    fc.property(wanted, fc.integer({ min: 1, max: 5 }), (versions, late) => {
      const { publisher, sent, answer } = published()
      let answered = 0
      for (let round = 0; round < 200; round++) {
        // Endpoints change; the members do not.
        publisher.update(members(versions))
        for (; answered < sent.length - late; answered++) answer(answered)
      }
      const bad = Object.keys(versions).filter(id => versions[id] === 'bad')
      expect([...publisher.held.keys()].toSorted()).toEqual(bad.toSorted())
      expect(sent.at(-1)?.versions).toEqual(Object.fromEntries(Object.entries(versions).filter(([id]) => !bad.includes(id))))
    }),
    { numRuns: 200 },
  )
})

test('a bad version is held though another member changes before every verdict', () => {
  const { publisher, sent, answer } = published()
  for (let round = 0; round < 20; round++) {
    publisher.update(members({ shop: 'bad', blog: String(round) }))
    answer(sent.length - 2)
  }
  expect([...publisher.held.keys()]).toEqual(['shop'])
})

test('what was mended before the verdict came is not held for it', () => {
  const { publisher, answer } = published()
  publisher.update(members({ shop: 'bad' }))
  publisher.update(members({ shop: '2' }))
  answer(0)
  answer(1)
  expect(publisher.held.size).toBe(0)
})

test('what a second Envoy says of the whole is not held against the half that is tried since', () => {
  const { publisher, sent, answer } = published()
  publisher.update(members({ a: '1', b: 'bad' }))
  answer(0)
  expect(sent.map(({ versions }) => versions)).toEqual([{ a: '1', b: 'bad' }, { a: '1' }])
  answer(0)
  expect([publisher.held.size, sent.length]).toEqual([0, 2])
  for (let index = 1; index < sent.length; index++) answer(index)
  expect([...publisher.held.keys()]).toEqual(['b'])
})
