// The first command of README, as a newcomer types it: it raises the lab, installs Weir from deploy/, and prints what README shows.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attempt } from '../lab/command.ts'
import { labNames } from '../lab/state.ts'
import { takeDownAbandoned } from '../lab/take-down.ts'
import { blocks } from './blocks.ts'
import { pages, root } from './pages.ts'
import { difference, steps } from './transcript.ts'

const command = 'npm run lab -- --once'

test('npm run lab -- --once prints what README shows, and leaves nothing behind', async () => {
  const shown = pages()
    .flatMap(blocks)
    .filter(({ page, lang }) => page === 'README.md' && lang === 'console')
    .flatMap(({ text }) => steps(text))
    .find(step => step.command === command)
  const { scripts }: { readonly scripts: { readonly lab: string } } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const name = `readme-${process.pid}`
  const [, ...words] = scripts.lab.split(' ')
  try {
    const { code, stdout, stderr } = await attempt([process.execPath, ...words, '--once', '--name', name], { cwd: root })
    // Steps that take long say now and then that they go on.
    const printed = stdout.replaceAll(/^ {2}… .*\n/gm, '')
    expect(difference(shown?.printed ?? 'README does not show it', printed), stdout + stderr).toBeUndefined()
    expect(code).toBe(0)
    expect(labNames()).not.toContain(name)
  } finally {
    await takeDownAbandoned(name)
  }
})
