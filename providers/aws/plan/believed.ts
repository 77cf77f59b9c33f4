// What attributes a resource has now, as far as that can be told without asking. Pure.
import { attributeChanges, changesOfFresh } from '../attributes.ts'
import type { AttributeSettings, Attributes } from '../attributes.ts'
import type { Seen } from '../model/seen.ts'

/** What was asked for when it was last applied, by resource; undefined when the ledger does not tell. */
export function recorded(seen: Pick<Seen, 'record'>, resource: string): Attributes | undefined {
  const lines = seen.record?.attributes[resource]
  return lines && Object.fromEntries(lines.map(line => splitLine(line)))
}

/** The lines of the ledger. */
export function recordLines(attributes: Attributes): readonly string[] {
  return Object.entries(attributes).map(([key, value]) => `${key}=${value}`)
}

/**
 * The attributes to modify. What AWS was asked about counts; else what we asked for last on top of the defaults. `arn` is absent
 * for what is yet to be made.
 */
export function changesOf(
  settings: AttributeSettings,
  seen: Pick<Seen, 'record' | 'attributes'>,
  { resource, arn }: { readonly resource: string; readonly arn: string | undefined },
): Attributes {
  if (arn === undefined) return changesOfFresh(settings)
  const before = recorded(seen, resource)
  const observed = seen.attributes.get(arn) ?? { ...settings.defaults, ...before }
  return attributeChanges(settings, observed, Object.keys(before ?? {}))
}

function splitLine(line: string): readonly [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
