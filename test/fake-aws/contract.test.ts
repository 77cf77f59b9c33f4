// The contract on the fake.
import { describe, test } from 'vitest'
import { contract } from './contract/contract.ts'
import { fakeSubject } from './contract/fake-subject.ts'

for (const [kind, tests] of Object.entries(contract)) {
  describe(`the fake: ${kind}`, () => {
    for (const { name, run } of tests) {
      test(name, async () => {
        await using subject = await fakeSubject()
        await run(subject)
      })
    }
  })
}
