// What attributes a resource has now, as far as that can be told without asking. Pure.
import type { Seen } from '../model/seen.ts'
import { attributeChanges, changesOfFresh } from '../settings/attributes.ts'
import type { AttributeSettings, Attributes } from '../settings/aws-settings.ts'

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
 * for what is yet to be made. With `keepsOthers`, only what we asked for before goes back to its default.
 */
export function changesOf(
  settings: AttributeSettings,
  seen: Pick<Seen, 'record' | 'attributes'>,
  {
    resource,
    arn,
    keepsOthers = false,
  }: { readonly resource: string; readonly arn: string | undefined; readonly keepsOthers?: boolean },
): Attributes {
  if (arn === undefined) return changesOfFresh(settings)
  const before = recorded(seen, resource)
  const observed = seen.attributes.get(arn) ?? { ...settings.defaults, ...before }
  const changes = attributeChanges(settings, observed, Object.keys(before ?? {}))
  if (!keepsOthers) return changes
  return Object.fromEntries(Object.entries(changes).filter(([key]) => key in settings.asked || key in (before ?? {})))
}

function splitLine(line: string): readonly [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
