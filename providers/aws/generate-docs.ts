// Writes docs/aws.md and docs/aws-ingress.md from the rows of the aws provider; with --check it only says whether they are stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { awsReference } from './annotations/docs.ts'
import { ingressReference } from './annotations/ingress/docs.ts'

const pages: readonly (readonly [path: string, text: string])[] = [
  ['docs/aws.md', awsReference()],
  ['docs/aws-ingress.md', ingressReference()],
]

for (const [path, text] of pages) {
  const file = join(import.meta.dirname, '..', '..', path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is stale. Run: npm run generate\n`)
    process.exitCode = 1
  } else {
    writeFileSync(file, text)
    process.stdout.write(`wrote ${path}\n`)
  }
}
