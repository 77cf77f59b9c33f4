// The certificates in ACM that were imported for an owner: by the ledger, or found again by their tags.
import type { Caller } from '../../calls/calls.ts'
import { hasCode } from '../../calls/errors.ts'
import type { FoundCertificate } from '../../model/application.ts'
import type { LedgerRecord } from '../../model/ledger.ts'
import { contentTag, isOwnedBy, resourceTag } from '../../model/ownership.ts'
import type { Tags } from '../../model/ownership.ts'
import type { Owner } from '../../model/names.ts'
import { recorded } from '../../plan/believed.ts'
import type { Location } from '../../provider/locations.ts'
import { namesOf, summaries } from '../../snapshots/certificates.ts'

const prefix = 'certificate/'

/**
 * Those on record cost no call. Something that is wanted and not on record may have been imported by a run that was cut, so that
 * imported certificates for the same name are asked whose they are. With `isFresh`, so are those on record.
 */
export async function certificatesOf(
  location: Location,
  options: {
    readonly cluster: string
    readonly owner: Owner
    readonly record: LedgerRecord | undefined
    /** What is wanted: keys, with the DNS names that the certificate is for. */
    readonly wanted: ReadonlyMap<string, readonly string[]>
    readonly isFresh: boolean
  },
  caller: Caller,
): Promise<readonly FoundCertificate[]> {
  const { record, wanted, isFresh } = options
  const noted = Object.entries(record?.ids ?? {}).flatMap(([resource, arn]) =>
    resource.startsWith(prefix) ? [{ key: resource.slice(prefix.length), arn }] : [],
  )
  const present = await Promise.all(
    noted.map(async ({ key, arn }): Promise<readonly FoundCertificate[]> => {
      const hash = recorded({ record }, `${prefix}${key}`)?.[contentTag]
      if (hash !== undefined && !isFresh) return [{ arn, key, hash, tags: {} }]
      const tags = await tagsOf(location, arn, caller)
      return tags ? [{ arn, key, hash: tags[contentTag] ?? '', tags }] : []
    }),
  )
  const known = new Set(present.flat().map(({ key }) => key))
  const missing = [...wanted].filter(([key]) => !known.has(key))
  const found =
    missing.length === 0
      ? []
      : await search(location, { ...options, names: new Set(missing.flatMap(([, names]) => names)) }, caller)
  return [
    ...present.flat(),
    ...found.filter(({ key, arn }) => !present.flat().some(each => each.key === key && each.arn === arn)),
  ]
}

async function search(
  location: Location,
  { cluster, owner, names }: { readonly cluster: string; readonly owner: Owner; readonly names: ReadonlySet<string> },
  caller: Caller,
): Promise<readonly FoundCertificate[]> {
  const candidates = (await summaries(location.calls, caller)).filter(
    summary => summary.Type === 'IMPORTED' && namesOf(summary).some(name => names.has(name)),
  )
  const found = await Promise.all(
    candidates.map(async ({ CertificateArn: arn = '' }): Promise<readonly FoundCertificate[]> => {
      const tags = await tagsOf(location, arn, caller)
      const resource = tags?.[resourceTag]
      if (!tags || resource?.startsWith(prefix) !== true || !isOwnedBy(tags, cluster, owner)) return []
      return [{ arn, key: resource.slice(prefix.length), hash: tags[contentTag] ?? '', tags }]
    }),
  )
  return found.flat()
}

/** Undefined when the certificate is gone. */
async function tagsOf({ calls }: Location, arn: string, caller: Caller): Promise<Tags | undefined> {
  try {
    const { Tags = [] } = await calls.acm('ListTagsForCertificate', { CertificateArn: arn }, caller)
    return Object.fromEntries(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']))
  } catch (error) {
    if (!hasCode(error, 'ResourceNotFound')) throw error
    return undefined
  }
}
