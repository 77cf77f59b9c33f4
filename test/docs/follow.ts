// Follows a page from its beginning to its end, as a reader does, and says where it is not true.
import { LabError } from '../lab/errors.ts'
import { waitFor } from '../lab/waiting.ts'
import { type Block, blocks, fateOf } from './blocks.ts'
import type { Page } from './pages.ts'
import type { Session } from './session.ts'
import { difference, steps } from './transcript.ts'

/** Until what a page shows has come about, on a machine that has other work. */
const patienceMs = 90_000

/** Commands that only look may be asked again until what they show is there. */
const looks =
  /^(weir (status|explain|pools|announcements|uninstall|doctor|plan|diff)|kubectl( -n \S+| -A)* (get|describe|events|wait|logs|rollout status)|curl|npm run( --silent)? lab -- (kubectl( -n \S+| -A)* (get|describe|events|wait|logs)|on \S+ (curl|arping))|client (curl|arping)|arping)\b/

/** Runs all blocks of the page that are for this place, in their order. Throws with the place of the first that is not as the page says. */
export async function follow(page: Page, place: 'lab' | 'api', session: Session): Promise<void> {
  for (const block of blocks(page)) {
    const file = block.marks['file']
    if (file !== undefined) session.write(file, block.text)
    if (fateOf(block) !== place) continue
    const wrong = block.lang === 'console' ? await replay(block, session) : await runAll(block, session)
    if (wrong !== undefined) throw new LabError('command-failed', `${page.path}:${block.line}: ${wrong}`)
  }
}

/** Whether a page has something to run there. */
export const hasBlocksFor = (page: Page, place: 'lab' | 'api') => blocks(page).some(block => fateOf(block) === place)

async function runAll({ text, marks: { status = '0', stays } }: Block, session: Session): Promise<string | undefined> {
  if (stays !== undefined) {
    const { code, stdout } = await session.run(text, Number(stays))
    return code === 124 ? undefined : `ended with ${code} instead of going on: ${lastWords(stdout)}`
  }
  const isLook = text.split('\n').every(line => line.startsWith('#') || /^\s/.test(line) || looks.test(line))
  return until(isLook, async () => {
    const { code, stdout } = await session.run(text)
    return code === Number(status) ? undefined : `ended with ${code}, not ${status}: ${lastWords(stdout)}`
  })
}

async function replay({ text }: Block, session: Session): Promise<string | undefined> {
  for (const { command, printed } of steps(text)) {
    const wrong = await until(looks.test(command), async () => {
      const { stdout } = await session.run(command)
      const found = difference(printed, stdout)
      return found === undefined ? undefined : `${command}: ${found}, in\n${stdout}`
    })
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** What is wrong, at last: of a look, when it has not come right in time. */
async function until(isLook: boolean, once: () => Promise<string | undefined>): Promise<string | undefined> {
  let wrong = await once()
  if (!isLook || wrong === undefined) return wrong
  try {
    await waitFor(
      async () => {
        wrong = await once()
        return wrong === undefined || undefined
      },
      { what: 'what the page shows', timeoutMs: patienceMs, everyMs: 500 },
    )
    return undefined
  } catch (error) {
    return wrong ?? String(error)
  }
}

const lastWords = (text: string) => text.trim().split('\n').slice(-10).join('\n')
