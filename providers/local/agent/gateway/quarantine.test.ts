// Whoever spoils a configuration is found, and nobody else loses anything.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { accepted, chosen, memoryOf, nobodyHeld, refused, want } from './quarantine.ts'
import type { Quarantine, Version } from './quarantine.ts'

/** `{ a: '1', b: 'bad' }` */
function members(versions: Readonly<Record<string, string>>): ReadonlyMap<string, Version<string>> {
  return new Map(Object.entries(versions).map(([id, text]) => [id, { digest: text, value: text }]))
}

const shown = (state: Quarantine<string>) => Object.fromEntries([...chosen(state)].map(([id, { value }]) => [id, value]))

/** Plays the Envoy, which refuses what holds a bad version, until nothing is left to try. Answers all that was ever taken, too. */
function settle(state: Quarantine<string>, isBad = (text: string) => text.startsWith('bad')) {
  const taken: ReturnType<typeof shown>[] = []
  let [next, tries] = [state, 0]
  for (;;) {
    tries++
    const served = shown(next)
    if (Object.values(served).some(isBad)) {
      next = refused(next, `refused ${Object.keys(served).length}`)
      if (next.stuck !== undefined) break
    } else {
      taken.push(served)
      const before = served
      next = accepted(next)
      if (next.trying.length === 0 && JSON.stringify(shown(next)) === JSON.stringify(before)) break
    }
    if (tries > 1000) throw new Error('it never ends')
  }
  return { state: next, tries, taken }
}

test('what is taken at once is tried once', () => {
  const { state, tries } = settle(want(nobodyHeld(), members({ a: '1', b: '1' })))
  expect([shown(state), tries, state.held.size]).toEqual([{ a: '1', b: '1' }, 1, 0])
})

test('one bad version of a thousand is found in some forty tries, and its last good one is served on', () => {
  const all = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`m${index}`, '1']))
  const { state: before } = settle(want(nobodyHeld(), members(all)))
  const changed = Object.fromEntries(Object.keys(all).map(id => [id, id === 'm700' ? 'bad' : '2']))
  const { state, tries } = settle(want(before, members(changed)))
  expect([...state.held.keys()]).toEqual(['m700'])
  expect(shown(state)).toEqual({ ...changed, m700: '1' })
  expect(tries).toBeLessThan(45)
})

test('what is held is tried again when it is another, and forgotten when it is gone', () => {
  const { state: bad } = settle(want(nobodyHeld(), members({ a: '1', b: 'bad' })))
  expect([shown(bad), bad.held.get('b')?.digest]).toEqual([{ a: '1' }, 'bad'])
  expect(settle(want(bad, members({ a: '2', b: 'bad' }))).state.held.size).toBe(1)
  expect(shown(settle(want(bad, members({ a: '1', b: '2' }))).state)).toEqual({ a: '1', b: '2' })
  expect(want(bad, members({ a: '1' })).held.size).toBe(0)
})

test('a change during the search joins it', () => {
  const { state: begun } = settle(want(nobodyHeld(), members({ a: '1', b: '1', c: '1' })))
  const searching = refused(want(begun, members({ a: '2', b: 'bad', c: '2' })), 'no')
  expect(shown(searching)).toEqual({ a: '2', b: 'bad', c: '1' })
  const { state } = settle(want(searching, members({ a: '2', b: 'bad', c: '2', d: '1' })))
  expect(shown(state)).toEqual({ a: '2', b: '1', c: '2', d: '1' })
})

test('when nobody is new and it is refused all the same, only the one without whom it is taken is left out', () => {
  const { state: begun } = settle(want(nobodyHeld(), members({ a: '1', hidden: '1', c: '1' })))
  const { state, taken } = settle(want(begun, members({ hidden: '1', c: '1' })), text => text === 'never')
  expect(taken).toHaveLength(1)
  let [next, tries] = [refused(state, 'no'), 0]
  for (; 'hidden' in shown(next); tries++) next = refused(next, 'no')
  expect([shown(next), tries]).toEqual([{ c: '1' }, 0])
  const done = accepted(next)
  expect([shown(done), [...done.held.keys()], done.alone]).toEqual([{ c: '1' }, ['hidden'], undefined])
})

test('when nobody is to blame, that is said, and nothing is tried for ever', () => {
  const { state: begun } = settle(want(nobodyHeld(), members({ a: '1', b: '1' })))
  const { state } = settle(want(begun, members({ a: '1', b: '1' })), () => true)
  expect([state.stuck, shown(state)]).toEqual(['refused 1', { a: '1', b: '1' }])
  expect(want(state, members({ a: '2', b: '1' })).stuck).toBeUndefined()
})

test('after a restart what was good is known, and what was held is served as it last was', () => {
  const { state: before } = settle(want(nobodyHeld(), members({ a: '1', b: '1', c: '1' })))
  const { state: held } = settle(want(before, members({ a: '1', b: 'bad', c: '1' })))
  const { state, taken } = settle(want(nobodyHeld(memoryOf(held)), members({ a: '1', b: 'bad', c: '1' })))
  expect(shown(state)).toEqual({ a: '1', b: '1', c: '1' })
  for (const served of taken) expect(served).toEqual({ a: '1', b: '1', c: '1' })
})

test('every bad version is held and no other, whatever changes, and nobody loses a version that was good', () => {
  const versions = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    fc.constantFrom('1', '2', '3', 'bad1', 'bad2'),
  )
  fc.assert(
    fc.property(fc.array(versions, { minLength: 1, maxLength: 8 }), rounds => {
      let state = nobodyHeld<string>()
      const last = new Map<string, string>()
      for (const round of rounds) {
        const result = settle(want(state, members(round)))
        state = result.state
        for (const id of last.keys()) if (!(id in round)) last.delete(id)
        for (const served of result.taken)
          for (const id of last.keys()) expect([id, Object.keys(served).includes(id)]).toEqual([id, true])
        for (const [id, text] of Object.entries(round)) if (!text.startsWith('bad')) last.set(id, text)
        expect(shown(state)).toEqual(Object.fromEntries(last))
        const bad = Object.entries(round).flatMap(([id, text]) => (text.startsWith('bad') ? id : []))
        expect([...state.held.keys()].toSorted()).toEqual(bad.toSorted())
      }
    }),
    { numRuns: 500 },
  )
})
