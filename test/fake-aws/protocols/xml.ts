// Writes values as the XML of AWS's query protocols, by the shape the service model gives them.
import type { Member, Shape } from './shapes.ts'
import { base64Of, dateOf, listOf, recordOf, textOf } from './values.ts'

/** The members of a structure as elements, one after the other. */
export function structureXml(value: object, shape: Shape): string {
  if (shape.kind !== 'structure') throw new Error('only a structure has members')
  const given = recordOf(value)
  const unknown = Object.keys(given).find(name => !shape.members.has(name))
  if (unknown !== undefined) throw new Error(`the service model has no member ${unknown} in this result`)
  let xml = ''
  for (const [name, member] of shape.members) {
    const content = given[name]
    if (content !== undefined) xml += elementXml(member.names.xmlName ?? name, content, member)
  }
  return xml
}

function elementXml(name: string, value: unknown, { shape, names }: Member): string {
  const flat = shape.kind === 'list' && names.xmlFlattened !== undefined
  if (flat) return listOf(value).reduce<string>((xml, item) => xml + elementXml(name, item, shape.item), '')
  return `<${name}>${contentXml(value, shape)}</${name}>`
}

function contentXml(value: unknown, shape: Shape): string {
  if (shape.kind === 'structure') return structureXml(recordOf(value), shape)
  if (shape.kind === 'list') {
    const name = shape.item.names.xmlName ?? 'member'
    return listOf(value).reduce<string>((xml, item) => xml + elementXml(name, item, shape.item), '')
  }
  if (shape.kind === 'map') {
    const [keyName, valueName] = [shape.key.names.xmlName ?? 'key', shape.value.names.xmlName ?? 'value']
    const entry = ([key, item]: [string, unknown]) =>
      `<entry>${elementXml(keyName, key, shape.key)}${elementXml(valueName, item, shape.value)}</entry>`
    return Object.entries(recordOf(value)).map(entry).join('')
  }
  if (shape.kind === 'timestamp') return dateOf(value).toISOString()
  if (shape.kind === 'blob') return base64Of(value)
  return escapeXml(textOf(value))
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Text as XML content or attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, character => escapes[character] ?? character)
}
