// The contract on moto, so that the fake is checked by something we did not write. Known gaps of moto must still be gaps.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from './certificate-files.ts'
import { contract } from './contract/contract.ts'
import { motoGaps } from './contract/moto-gaps.ts'
import { motoSubject } from './contract/moto-subject.ts'
import type { Moto } from './moto.ts'
import { missingForMoto, startMoto } from './moto.ts'

/** The first run on a machine installs moto. */
const installMs = 15 * 60 * 1000

const missing = await missingForMoto()
if (missing !== undefined) console.log(`the contract on moto is skipped: ${missing}`)

describe.skipIf(missing !== undefined)('moto', () => {
  let moto: Moto
  let pem: Awaited<ReturnType<typeof selfSigned>>

  beforeAll(async () => {
    pem = await selfSigned('www.example.com')
    moto = await startMoto()
  }, installMs)
  afterAll(() => moto[Symbol.asyncDispose]())

  const names = new Set(Object.entries(contract).flatMap(([kind, tests]) => tests.map(({ name }) => `${kind}: ${name}`)))

  test('every known gap belongs to a test of the contract', () => {
    expect(Object.keys(motoGaps).filter(gap => !names.has(gap))).toEqual([])
  })

  for (const [kind, tests] of Object.entries(contract)) {
    for (const { name, run } of tests) {
      const gap = motoGaps[`${kind}: ${name}`]
      test(`${kind}: ${name}${gap ? ` (moto ${gap.does})` : ''}`, async () => {
        await using subject = await motoSubject(moto, pem)
        if (!gap) return run(subject)
        const failure = await run(subject).then(
          () => 'no longer a gap: take it off the list',
          (error: unknown) => String(error),
        )
        expect(failure).toContain(gap.shows)
      })
    }
  }
})
