// Every link of the documentation leads somewhere, and every page can be found from its index.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { visit } from 'unist-util-visit'
import { expect, test } from 'vitest'
import { anchors, links, pages, parse, root } from './pages.ts'

const all = pages()
const byPath = new Map(all.map(page => [page.path, page]))

test('every link leads to a file that is there, and every anchor to a heading', () => {
  const broken = all.flatMap(page =>
    links(page).flatMap(({ line, url, path, anchor }) => {
      const told = `${page.path}:${line}: ${url}`
      if (path !== undefined && !existsSync(join(root, path))) return [`${told} is not there`]
      if (anchor === undefined) return []
      const target = byPath.get(path ?? page.path)
      return target !== undefined && anchors(target).has(anchor) ? [] : [`${told}: no such heading`]
    }),
  )
  expect(broken).toEqual([])
})

test('links to the web are of https', () => {
  const urls = all.flatMap(page => links(page).map(({ url }) => url))
  expect(urls.filter(url => /^[a-z]+:/.test(url) && !/^(https|mailto):/.test(url))).toEqual([])
})

test('every page is reached from docs/README.md, and that one from README.md', () => {
  const from = (path: string) => links(byPath.get(path)!).map(link => link.path)
  expect(from('README.md')).toContain('docs/README.md')
  const listed = new Set(from('docs/README.md'))
  const others = all.map(({ path }) => path).filter(path => path !== 'README.md' && path !== 'docs/README.md')
  expect(others.filter(path => !listed.has(path))).toEqual([])
})

test('files that a page names in passing are there', () => {
  const missing = all.flatMap(page => {
    const names: string[] = []
    visit(page.tree, 'inlineCode', ({ value }) => {
      if (/^(docs|deploy|src|providers|test|crds|\.ci)\/[\w./-]*$/.test(value)) names.push(value)
    })
    return names.filter(name => !existsSync(join(root, name))).map(name => `${page.path}: ${name}`)
  })
  expect(missing).toEqual([])
})

test('pages that messages and comments of the programs name are there', () => {
  const sources = globSync('{src,providers,deploy}/**/*.{ts,yaml}', { cwd: root })
  const missing = sources.flatMap(path =>
    Array.from(readFileSync(join(root, path), 'utf8').matchAll(/docs\/[\w/-]+\.md/g), ([name]) => name)
      .filter(name => !existsSync(join(root, name)))
      .map(name => `${path}: ${name}`),
  )
  expect(missing).toEqual([])
})

test('anchors are those that a forge makes', () => {
  const text = '# The `weir` command\n\n## What it says\n\n## What it says\n'
  expect(anchors({ path: 'page.md', text, tree: parse(text) })).toEqual(
    new Set(['the-weir-command', 'what-it-says', 'what-it-says-1']),
  )
})
