// The files a browser gets. From the sources they are read and freed of types; in a bundle they are a part of the program.
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join } from 'node:path'

export interface Asset {
  readonly type: string
  readonly body: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript; charset=utf-8',
}

/** By path, as `/index.html`. `strip` makes JavaScript of TypeScript; Node's own way calls itself experimental at the first use. */
export function readAssets(
  strip: (source: string) => string = source => stripTypeScriptTypes(source),
): Readonly<Record<string, Asset>> {
  const folder = join(import.meta.dirname, 'browser')
  const files = readdirSync(folder).filter(file => !file.endsWith('.test.ts'))
  return Object.fromEntries(
    files.flatMap(file => {
      const type = types[extname(file)]
      if (type === undefined) return []
      const source = readFileSync(join(folder, file), 'utf8')
      return [[`/${file}`, { type, body: file.endsWith('.ts') ? strip(source) : source }]]
    }),
  )
}
