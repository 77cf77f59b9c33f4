// Writes values as the XML of AWS's query protocols, by the shape the service model gives them.
import type { Member, Shape } from './shapes.ts'

/** The members of a structure as elements, one after the other. */
export function structureXml(value: object, shape: Shape): string {
  if (shape.kind !== 'structure') throw new Error('only a structure has members')
  let xml = ''
  for (const name of Object.keys(value)) {
    if (!shape.members.has(name)) throw new Error(`the service model has no member ${name} in this result`)
  }
  for (const [name, member] of shape.members) {
    const content = (value as Record<string, unknown>)[name]
    if (content !== undefined) xml += elementXml(member.names.xmlName ?? name, content, member)
  }
  return xml
}

function elementXml(name: string, value: unknown, member: Member): string {
  const { shape } = member
  if (shape.kind === 'list' && member.names.xmlFlattened)
    return (value as unknown[]).map(item => elementXml(name, item, shape.item)).join('')
  return `<${name}>${contentXml(value, shape)}</${name}>`
}

function contentXml(value: unknown, shape: Shape): string {
  switch (shape.kind) {
    case 'structure':
      return structureXml(value as object, shape)
    case 'list':
      return (value as unknown[]).map(item => elementXml(shape.item.names.xmlName ?? 'member', item, shape.item)).join('')
    case 'map':
      return Object.entries(value as object)
        .map(([key, item]) => {
          const [keyName, valueName] = [shape.key.names.xmlName ?? 'key', shape.value.names.xmlName ?? 'value']
          return `<entry>${elementXml(keyName, key, shape.key)}${elementXml(valueName, item, shape.value)}</entry>`
        })
        .join('')
    case 'timestamp':
      return (value as Date).toISOString()
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'string':
    case 'number':
    case 'boolean':
      return escapeXml(String(value))
  }
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Text as XML content or attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, character => escapes[character] ?? character)
}
