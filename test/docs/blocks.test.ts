// Every block of code in the documentation is run, applied or parsed by a test, or says what it needs that no test has.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { expect, test } from 'vitest'
import { type Block, blocks, fateOf } from './blocks.ts'
import { pages, parse, root } from './pages.ts'
import { steps } from './transcript.ts'

const all = pages().flatMap(blocks)

/** What `check` says of each block, with its place. */
const troubles = (some: readonly Block[], check: (block: Block) => string | undefined) =>
  some.flatMap(block => {
    try {
      const trouble = check(block)
      return trouble === undefined ? [] : [`${block.page}:${block.line}: ${trouble}`]
    } catch (error) {
      return [`${block.page}:${block.line}: ${error instanceof Error ? error.message : String(error)}`]
    }
  })

test('every block says what it is', () => {
  expect(
    troubles(all, block => {
      fateOf(block)
      return undefined
    }),
  ).toEqual([])
})

test('YAML and JSON can be read', () => {
  const data = all.filter(({ lang }) => lang === 'yaml' || lang === 'json')
  expect(troubles(data, ({ text }) => parseAllDocuments(text).flatMap(document => document.errors)[0]?.message)).toEqual([])
})

test('the commands of a block that is run elsewhere stand there', () => {
  const elsewhere = all.filter(({ marks }) => marks['tested'] !== undefined)
  const check = ({ lang, marks: { tested = '' }, text }: Block) => {
    const files = tested.split(',')
    const absent = files.find(file => !existsSync(join(root, file)))
    if (absent !== undefined) return `there is no ${absent}`
    const all = files.map(file => readFileSync(join(root, file), 'utf8')).join('\n')
    const commands =
      lang === 'console' ? steps(text).map(({ command }) => command) : text.split('\n').map(line => line.replace(/\s+#.*$/, ''))
    const missing = commands.find(command => command !== '' && !all.includes(command))
    return missing === undefined ? undefined : `${tested} does not run "${missing}"`
  }
  expect(troubles(elsewhere, check)).toEqual([])
})

const fate = (text: string) => {
  const [block] = blocks({ path: 'page.md', text, tree: parse(text) })
  return block ? fateOf(block) : undefined
}

test('a block without a mark is run, and one that no test knows is refused', () => {
  expect(fate('```sh\nkubectl get pods\n```')).toBe('lab')
  expect(fate('```sh in=api\nkubectl get pods\n```')).toBe('api')
  expect(fate('```sh needs=aws\naws elbv2 describe-load-balancers\n```')).toBe('needs')
  expect(fate('<!-- sh\nkubectl get pods\n-->')).toBe('lab')
  expect(fate('<!-- a remark -->')).toBeUndefined()
  expect(fate('```yaml\nkind: Service\n```')).toBe('manifest')
  expect(() => fate('```sh needs=luck\nkubectl get pods\n```')).toThrow('needs=luck')
  expect(() => fate('```sh neds=aws\nkubectl get pods\n```')).toThrow('"neds" means nothing for sh')
  expect(() => fate('```yaml\nspec: {}\n```')).toThrow('part=Service')
  expect(() => fate('    kubectl get pods')).toThrow('a block of code says what it is')
  expect(() => fate('```text\nkubectl get pods\n```')).toThrow('commands are in blocks of sh or console')
})
