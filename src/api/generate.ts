// `npm run generate` writes crds/ and the reference in docs/ from src/api; with --check it only says what is stale.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated-files.ts'

const root = join(import.meta.dirname, '..', '..')
const check = process.argv.includes('--check')
const files = generatedFiles()
const wanted = new Set(files.map(file => file.path))
const stale = files.filter(({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
const surplus = readdirSync(join(root, 'crds'))
  .map(name => `crds/${name}`)
  .filter(path => !wanted.has(path))

if (check) {
  for (const { path } of stale) console.error(`${path} is stale. Run: npm run generate`)
  for (const path of surplus) console.error(`${path} is not generated from src/api any more. Run: npm run generate`)
  process.exitCode = stale.length + surplus.length > 0 ? 1 : 0
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
  for (const path of surplus) {
    rmSync(join(root, path))
    console.log(`removed ${path}`)
  }
}
