// Writes docs/aws.md from the rows of the aws provider; with --check it only says whether the page is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { awsReference } from './annotations/docs.ts'

const path = 'docs/aws.md'
const file = join(import.meta.dirname, '..', '..', path)
const text = awsReference()
const isStale = !existsSync(file) || readFileSync(file, 'utf8') !== text

if (isStale && process.argv.includes('--check')) {
  process.stderr.write(`${path} is stale. Run: npm run generate\n`)
  process.exitCode = 1
} else if (isStale) {
  writeFileSync(file, text)
  process.stdout.write(`wrote ${path}\n`)
}
