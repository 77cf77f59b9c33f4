// The pages that people read, as trees of Markdown: README.md and all of docs/.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import GithubSlugger from 'github-slugger'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { visit } from 'unist-util-visit'

/** A tree of Markdown (mdast). */
export type Root = ReturnType<typeof fromMarkdown>

/** The folder of the project. */
export const root = join(import.meta.dirname, '..', '..')

export interface Page {
  /** Relative to the project, with slashes. */
  readonly path: string
  readonly text: string
  readonly tree: Root
}

/** A link or an image: where it stands, and to what, relative to the project. */
export interface Link {
  readonly line: number
  readonly url: string
  /** Absent for the web and for anchors of the page itself. */
  readonly path?: string
  readonly anchor?: string
}

/** README.md first, then docs/ in the order of names. */
export function pages(): readonly Page[] {
  const paths = ['README.md', ...globSync('docs/**/*.md', { cwd: root }).toSorted()]
  return paths.map(path => {
    const text = readFileSync(join(root, path), 'utf8')
    return { path, text, tree: parse(text) }
  })
}

export function parse(text: string): Root {
  return fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
}

/** Every link, image and definition of a page. */
export function links(page: Page): readonly Link[] {
  const found: Link[] = []
  visit(page.tree, node => {
    if (node.type !== 'link' && node.type !== 'image' && node.type !== 'definition') return
    const line = node.position?.start.line ?? 0
    const { url } = node
    const isWeb = /^[a-z]+:/.test(url)
    const [target = '', anchor] = isWeb ? [] : url.split('#')
    found.push({
      line,
      url,
      ...(target === '' ? {} : { path: posix.normalize(posix.join(dirname(page.path), decodeURI(target))) }),
      ...(anchor === undefined ? {} : { anchor }),
    })
  })
  return found
}

/** The anchors that a forge makes of the headings of a page. */
export function anchors({ tree }: Page): ReadonlySet<string> {
  const slugger = new GithubSlugger()
  const found = new Set<string>()
  visit(tree, 'heading', heading => {
    const words: string[] = []
    visit(heading, node => {
      if (node.type === 'text' || node.type === 'inlineCode') words.push(node.value)
    })
    found.add(slugger.slug(words.join('')))
  })
  return found
}
