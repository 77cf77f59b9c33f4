// Generated files are made from the schemas, and a stale one is found.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openApiSchema } from './crd.ts'
import { invalid } from './examples/invalid.ts'
import { invalidChanges } from './examples/invalid-changes.ts'
import { generatedFiles } from './generated-files.ts'
import type { KindDefinition } from './kind.ts'
import { kinds } from './kinds.ts'

const root = join(import.meta.dirname, '..', '..')

test.each(generatedFiles().map(file => [file.path, file] as const))(
  '%s is up to date (npm run generate)',
  (_, { path, text }) => {
    expect(existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '').toBe(text)
  },
)

const rules = kinds.flatMap(kind => kind.rules.map(rule => [kind.kind, rule.message] as const))

test.each(rules)('%s: there is an object that breaks the rule "%s"', (kind, message) => {
  const errors = [...invalid, ...invalidChanges].filter(example => example.kind === kind).map(example => example.error)
  expect(errors.some(error => message.includes(error))).toBe(true)
})

const base: KindDefinition = {
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  shortNames: [],
  scope: 'Cluster',
  description: 'A thing.',
  statusSubresource: false,
  schema: z.object({
    count: z.int().min(1).default(2),
    parts: z.array(z.object({ size: z.int() }).readonly()).optional(),
    names: z.record(z.string(), z.string()).optional(),
  }),
  columns: [],
  rules: [],
}

describe('the schema of a kind', () => {
  test('is structural: integers without the limits of JavaScript, nothing an API server does not know, defaults not required', () => {
    const schema = openApiSchema(base)
    expect(schema.required).toEqual([])
    expect(schema.properties).toEqual({
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      count: { type: 'integer', format: 'int64', minimum: 1, default: 2 },
      parts: {
        type: 'array',
        items: { type: 'object', required: ['size'], properties: { size: { type: 'integer', format: 'int64' } } },
      },
      names: { type: 'object', additionalProperties: { type: 'string' } },
    })
  })

  test('carries each rule where it belongs', () => {
    const rules = ['', 'parts[]', 'parts[].size', 'names{}'].map(at => ({ at, rule: `at ${at}`, message: at }))
    const schema = openApiSchema({ ...base, rules: [...rules, { at: '', rule: 'second', message: 'second' }] })
    expect(schema['x-kubernetes-validations']).toEqual([
      { rule: 'at ', message: '' },
      { rule: 'second', message: 'second' },
    ])
    const items = schema.properties?.['parts']?.items
    expect(items?.['x-kubernetes-validations']).toMatchObject([{ message: 'parts[]' }])
    expect(items?.properties?.['size']?.['x-kubernetes-validations']).toMatchObject([{ message: 'parts[].size' }])
    expect(schema.properties?.['names']?.additionalProperties?.['x-kubernetes-validations']).toMatchObject([
      { message: 'names{}' },
    ])
  })

  test('a rule that stands nowhere is an error of the author', () => {
    expect(() => openApiSchema({ ...base, rules: [{ at: 'parts[].weight', rule: 'true', message: 'x' }] })).toThrow(
      'parts[].weight',
    )
  })
})
