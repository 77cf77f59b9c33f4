// docs/aws-ingress.md is made from the rows and says everything they say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ingressAnnotations } from '../ingress.ts'
import { ingressReference } from './docs.ts'

test('docs/aws-ingress.md is up to date (npm run generate)', () => {
  const file = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'aws-ingress.md')
  expect(readFileSync(file, 'utf8')).toBe(ingressReference())
})

test('every key has its line, of as many cells as the head', () => {
  const lines = ingressReference().split('\n')
  for (const key of ingressAnnotations.keys) {
    const line = lines.find(each => each.startsWith(`| \`${key}\` |`)) ?? ''
    expect([key, line.replaceAll(String.raw`\|`, '').split('|').length]).toEqual([key, 8])
  }
})
