// The blocks of code on a page, and what becomes of each: run, applied, parsed or only shown.
import { visit } from 'unist-util-visit'
import type { Page } from './pages.ts'

export interface Block {
  readonly page: string
  readonly line: number
  /** The first word after the fence; empty when there is none, or no fence. */
  readonly lang: string
  /** The words after it, as `needs=aws`. */
  readonly marks: Readonly<Record<string, string>>
  readonly text: string
  /** In a comment of HTML, so that readers do not see it: what a test needs before or after what they see. */
  readonly hidden: boolean
}

/**
 * - lab: commands, run against the shared lab · api: against an API server alone, without nodes
 * - elsewhere: commands that the files of the mark `tested` run · needs: commands for what no test machine has
 * - manifest: objects, applied in a dry run · part: a piece of an object, the same within the rest of it
 * - parsed: YAML or JSON of other programs · shown: pictures, messages, code
 */
export type Fate = 'lab' | 'api' | 'elsewhere' | 'needs' | 'manifest' | 'part' | 'parsed' | 'shown'

/**
 * What a command may need that there is not in these tests; each page says so in words. Those for Helm are followed by
 * deploy/chart-helm.api.test.ts.
 */
export const needs: readonly string[] = ['aws', 'clone', 'helm', 'registry']

const marksOf: Readonly<Record<string, readonly string[]>> = {
  // With `status` it ends with that code; with `stays` it goes on until Ctrl-C, and is ended after so many seconds.
  sh: ['needs', 'in', 'tested', 'status', 'stays'],
  // Commands after `$ ` and what they print.
  console: ['needs', 'in', 'tested'],
  // `part` names the kind of the object that the block is a piece of, `file` the file that later commands know it by, `for` the program
  // that reads it, which is not the API server.
  yaml: ['for', 'part', 'file'],
  json: [],
  text: [],
  ts: [],
  promql: [],
}

const looksLikeCommand =
  /^(\$ |(kubectl|weir|npm|npx|node|helm|curl|docker|podman|aws|nft|ip|git|sudo|apt-get|arping|promtool) )/m

/** The blocks of a page in their order, those in comments too. */
export function blocks(page: Page): readonly Block[] {
  const found: Block[] = []
  visit(page.tree, node => {
    const line = node.position?.start.line ?? 0
    if (node.type === 'code') {
      const marks = readMarks(node.meta ?? '')
      found.push({ page: page.path, line, lang: node.lang ?? '', marks, text: node.value, hidden: false })
    }
    const comment = node.type === 'html' ? /^<!-- (sh|yaml)( [^\n]*)?\n(.*?)\n?-->$/s.exec(node.value.trim()) : null
    if (!comment) return
    const [, lang = '', words = '', text = ''] = comment
    found.push({ page: page.path, line, lang, marks: readMarks(words), text, hidden: true })
  })
  return found
}

function readMarks(words: string): Readonly<Record<string, string>> {
  const each = words.split(/\s+/).filter(Boolean)
  return Object.fromEntries(each.map(word => [word.split('=')[0] ?? '', word.split('=').slice(1).join('=')]))
}

/** What becomes of it; throws with what is wrong when that cannot be told. */
export function fateOf({ lang, marks, text }: Block): Fate {
  const known = marksOf[lang]
  if (!known) throw new Error(`a block of code says what it is: one of ${Object.keys(marksOf).join(', ')}, not "${lang}"`)
  const strange = Object.keys(marks).find(mark => !known.includes(mark))
  if (strange !== undefined) throw new Error(`"${strange}" means nothing for ${lang}; known are ${known.join(', ') || 'none'}`)
  const { needs: need, in: place } = marks
  if (need !== undefined && !needs.includes(need)) throw new Error(`needs=${need}: known are ${needs.join(', ')}`)
  if (lang === 'sh' || lang === 'console') {
    if (lang === 'console' && !text.startsWith('$ ')) throw new Error('console begins with "$ " and a command')
    if (place !== undefined && place !== 'api') throw new Error(`in=${place}: known is api`)
    if (need !== undefined) return 'needs'
    if (marks['tested'] !== undefined) return 'elsewhere'
    return place ?? 'lab'
  }
  if (lang === 'yaml') {
    if (marks['for'] !== undefined) return 'parsed'
    if (marks['part'] !== undefined) return 'part'
    if (!/^kind:/m.test(text)) throw new Error('a piece of an object says of which kind: part=Service')
    return 'manifest'
  }
  if (lang === 'text' && looksLikeCommand.test(text))
    throw new Error('commands are in blocks of sh or console, so that they are run')
  return lang === 'json' ? 'parsed' : 'shown'
}
