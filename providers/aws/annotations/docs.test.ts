// docs/aws.md is made from the rows and says everything they say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serviceAnnotations } from '../annotations.ts'
import { awsReference } from './docs.ts'

test('docs/aws.md is up to date (node providers/aws/generate-docs.ts)', () => {
  expect(readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'aws.md'), 'utf8')).toBe(awsReference())
})

test('every key has its line, of as many cells as the head', () => {
  const lines = awsReference().split('\n')
  for (const key of serviceAnnotations.keys) {
    const line = lines.find(each => each.startsWith(`| \`${key}\` |`)) ?? ''
    expect([key, line.replaceAll(String.raw`\|`, '').split('|').length]).toEqual([key, 7])
  }
})
