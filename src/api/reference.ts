// The reference pages of docs/ that are generated: conditions with their reasons, and the fields of our kinds.
import { ownAnnotations } from './annotations.ts'
import { openApiSchema, type Schema } from './crd.ts'
import { apiVersion, classPrefix } from './group.ts'
import type { KindDefinition } from './kind.ts'
import { kinds } from './kinds.ts'
import { readyCondition, reasons } from './reasons.ts'
import type { ReasonHolder, ReasonRow } from './reason-row.ts'

const generatedNote = '<!-- Generated from src/api by npm run generate. -->'

/** docs/conditions.md: every reason, by the kind that carries it. */
export function conditionsReference(): string {
  const holders: readonly ReasonHolder[] = [
    'Service',
    'IngressReport',
    'LoadBalancerClass',
    'AddressPool',
    'TargetGroupBinding',
    'LoadBalancer',
    'NodeReport',
  ]
  const sections = holders.map(holder => {
    const type = holder === 'Service' ? readyCondition : 'Ready'
    const rows = Object.entries<ReasonRow>(reasons).filter(([, row]) => row.on.includes(holder))
    const events = rows.filter(([, row]) => row.event)
    return section(holder, [
      `Condition \`${type}\`; its reasons are also those of the events that tell of its changes.`,
      reasonsTable(rows.filter(([, row]) => !row.event)),
      ...(events.length > 0 ? ['Told by events only:', reasonsTable(events)] : []),
    ])
  })
  return page('Conditions', [
    'Whether something works, why not, and what to do about it is told by a condition; events tell only of changes.',
    ...sections,
  ])
}

function reasonsTable(rows: readonly (readonly [string, ReasonRow])[]): string {
  return table(
    ['Reason', 'Meaning', 'What to do'],
    rows.map(([reason, row]) => [code(reason), row.meaning, row.remedy]),
  )
}

/** docs/crds.md: every field of every kind, and the rules the API server enforces. */
export function kindsReference(): string {
  const annotations = Object.entries(ownAnnotations).map(([key, doc]) => [code(classPrefix + key), doc])
  return page('Kinds', [
    `All kinds are of \`${apiVersion}\`; \`kubectl get weir\` lists them all.`,
    ...kinds.map(kindSection),
    section('Annotations of Services', [table(['Annotation', 'Meaning'], annotations)]),
  ])
}

function kindSection(kind: KindDefinition): string {
  const schema = openApiSchema(kind)
  const names = [kind.plural, ...kind.shortNames].map(code).join(', ')
  const rules = rulesOf(schema, '').map(({ at, message }) => [at === '' ? 'the object' : code(at), message])
  return section(kind.kind, [
    escape(kind.description),
    `${kind.scope === 'Cluster' ? 'Cluster-scoped' : 'Namespaced'}; names for kubectl: ${names}.`,
    table(['Field', 'Type', 'Meaning'], fieldsOf(schema, '')),
    ...(rules.length > 0 ? ['Rules:', table(['Where', 'Rule'], rules)] : []),
  ])
}

/** Rows of all fields below `schema`, parents first. Conditions are described once by Kubernetes and not taken apart. */
function fieldsOf(schema: Schema, path: string): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const at = path === '' ? name : `${path}.${name}`
    if (['apiVersion', 'kind', 'metadata'].includes(at)) return []
    const required = schema.required?.includes(name) ?? false
    const row = [code(at), typeOf(part, required), part.description ?? '']
    if (name === 'conditions' || isSelector(part)) return [row]
    return [
      row,
      ...fieldsOf(part, at),
      ...fieldsOf(part.items ?? {}, `${at}[]`),
      ...fieldsOf(part.additionalProperties ?? {}, `${at}{}`),
    ]
  })
}

function isSelector(schema: Schema): boolean {
  return schema.properties?.['matchLabels'] !== undefined
}

function typeOf(schema: Schema, required: boolean): string {
  const notes = [
    ...(required ? ['required'] : []),
    ...(schema['default'] === undefined ? [] : [`default ${code(JSON.stringify(schema['default']))}`]),
  ]
  return [typeName(schema), ...notes].join(', ')
}

function typeName(schema: Schema): string {
  if (isSelector(schema)) return 'label selector'
  const choices = schema['enum']
  if (Array.isArray(choices)) return choices.map(choice => code(String(choice))).join(' or ')
  if (schema.type === 'array') return `list of ${typeName(schema.items ?? {})}`
  if (schema.additionalProperties) return `map of ${typeName(schema.additionalProperties)}`
  if (schema['format'] === 'date-time') return 'time'
  if (schema['x-kubernetes-int-or-string'] === true) return 'number or name'
  return schema.type ?? ''
}

function rulesOf(schema: Schema, path: string): readonly { readonly at: string; readonly message: string }[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => ({ at: path, message }))
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
    rulesOf(part, path === '' ? name : `${path}.${name}`),
  )
  const items = schema.items ? rulesOf(schema.items, `${path}[]`) : []
  const values = schema.additionalProperties ? rulesOf(schema.additionalProperties, `${path}{}`) : []
  return [...own, ...inner, ...items, ...values]
}

function page(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, generatedNote, ...parts].join('\n\n')}\n`
}

function section(title: string, parts: readonly string[]): string {
  return [`## ${title}`, ...parts].join('\n\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.map(escape).join(' | ')} |`).join('\n')
}

/** Keeps text from being read as the border of a cell or as HTML. */
function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

function code(text: string): string {
  return `\`${text}\``
}
