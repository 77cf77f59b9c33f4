// Every command of README and docs/ that is not marked otherwise is run in the lab, page by page, and prints what the page says.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SharedLab } from '../lab/shared-lab.ts'
import { sharedLab } from '../lab/shared-lab.ts'
import { follow, hasBlocksFor } from './follow.ts'
import { pages } from './pages.ts'
import { openSession } from './session.ts'

let lab: SharedLab
beforeAll(async () => {
  lab = await sharedLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

test.each(pages().filter(page => hasBlocksFor(page, 'lab')))('$path can be followed in the lab', async page => {
  using session = openSession({
    kubeconfig: lab.kubeconfig,
    kubectl: lab.programs.path('kubectl'),
    lab: { name: lab.name, dir: lab.state.dir, onClient: lab.client.words([]) },
  })
  await expect(follow(page, 'lab', session)).resolves.toBeUndefined()
})
