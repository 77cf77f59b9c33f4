// From the description of a kind to its CustomResourceDefinition: a structural schema with rules, columns and subresources.
import { z } from 'zod'
import { group, version } from './group.ts'
import type { CelRule, Column, KindDefinition } from './kind.ts'

/** A node of an OpenAPI v3 schema as CustomResourceDefinitions take it. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly required?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly Validation[]
  readonly [keyword: string]: unknown
}

interface Validation {
  readonly rule: string
  readonly message: string
}

/** The object to apply. Its fields stand in the order in which Kubernetes' own tools write them. */
export function customResourceDefinition(kind: KindDefinition): object {
  const { plural, singular, shortNames } = kind
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular,
        ...(shortNames.length > 0 ? { shortNames } : {}),
        categories: ['weir'],
      },
      scope: kind.scope,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: openApiSchema(kind) },
          ...(kind.statusSubresource ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: kind.columns.map(printerColumn),
        },
      ],
    },
  }
}

/** The structural schema of a kind, with its rules in place. Throws when a rule names a part that does not exist. */
export function openApiSchema(kind: KindDefinition): Schema {
  // What zod calls JSON schema is of this form; the API server has the last word on it, in crds.api.test.ts.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const own = structural(z.toJSONSchema(kind.schema, { target: 'openapi-3.0', io: 'input' }) as Schema)
  const root: Schema = {
    type: 'object',
    description: kind.description,
    required: own.required ?? [],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...own.properties,
    },
  }
  return kind.rules.reduce((schema, rule) => withRule(schema, pathOf(rule.at), rule), root)
}

function printerColumn({ name, type, jsonPath, description, priority }: Column): object {
  return { name, type, jsonPath, ...(description ? { description } : {}), ...(priority ? { priority } : {}) }
}

/** Keywords in the order they are written; those that are not listed follow as they come. */
const order = ['description', 'type', 'format', 'default', 'enum', 'required', 'properties', 'items', 'additionalProperties']

/**
 * Makes what zod writes structural: no `readOnly` (which an API server does not know), integers as int64 without the limits of
 * JavaScript's numbers, and objects that leave unknown fields to pruning.
 */
function structural(schema: Schema): Schema {
  const { readOnly: _, anyOf, additionalProperties, properties, items, ...rest } = schema
  // That a value is a number or a text is said by one keyword; alternatives beside it would not be structural.
  if (anyOf !== undefined && rest['x-kubernetes-int-or-string'] !== true) throw new Error('alternatives are not structural')
  const result: Record<string, unknown> = rest.type === 'integer' ? int64(rest) : { ...rest }
  if (properties)
    result['properties'] = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, structural(part)]))
  if (items) result['items'] = structural(items)
  if (typeof additionalProperties === 'object') result['additionalProperties'] = structural(additionalProperties)
  return Object.fromEntries(Object.entries(result).toSorted(([one], [other]) => rank(one) - rank(other)))
}

function rank(keyword: string): number {
  const place = order.indexOf(keyword)
  return place < 0 ? order.length : place
}

function int64({ minimum, maximum, ...rest }: Schema): Record<string, unknown> {
  return {
    ...rest,
    format: 'int64',
    ...(minimum === Number.MIN_SAFE_INTEGER || minimum === undefined ? {} : { minimum }),
    ...(maximum === Number.MAX_SAFE_INTEGER || maximum === undefined ? {} : { maximum }),
  }
}

/** `spec.addresses[]` → ['spec', 'addresses', '[]']. */
function pathOf(at: string): readonly string[] {
  return at === '' ? [] : at.replaceAll('[]', '.[]').replaceAll('{}', '.{}').split('.')
}

function withRule(schema: Schema, path: readonly string[], { at, rule, message }: CelRule): Schema {
  const [step, ...rest] = path
  if (step === undefined)
    return { ...schema, 'x-kubernetes-validations': [...(schema['x-kubernetes-validations'] ?? []), { rule, message }] }
  const [holder, part] =
    step === '[]'
      ? ['items', schema.items]
      : step === '{}'
        ? ['additionalProperties', schema.additionalProperties]
        : ['properties', schema.properties?.[step]]
  if (part === undefined) throw new Error(`a rule stands at ${at}, where the schema has nothing`)
  const changed = withRule(part, rest, { at, rule, message })
  return { ...schema, [holder]: holder === 'properties' ? { ...schema.properties, [step]: changed } : changed }
}
