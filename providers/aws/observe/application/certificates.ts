// The certificates in ACM that were imported for an owner: by the ledger, or found again by their tags.
import type { CertificateSummary, KeyAlgorithm } from '@aws-sdk/client-acm'
import type { Caller } from '../../calls/calls.ts'
import { hasCode } from '../../calls/errors.ts'
import type { FoundCertificate } from '../../model/application.ts'
import type { LedgerRecord } from '../../model/ledger.ts'
import { contentTag, isOwnedBy, resourceTag } from '../../model/ownership.ts'
import type { Tags } from '../../model/ownership.ts'
import type { Owner } from '../../model/names.ts'
import { recorded } from '../../plan/believed.ts'
import type { Location } from '../../provider/locations.ts'

const prefix = 'certificate/'
const pageSize = 1000
/** Without a filter, ACM lists only keys of RSA with up to 2,048 bits (API_Filters). */
const keyTypes: KeyAlgorithm[] = ['RSA_1024', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1', 'EC_secp521r1']

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
  const candidates = (await listAll(location, caller)).filter(
    ({ Type, DomainName = '', SubjectAlternativeNameSummaries = [] }) =>
      Type === 'IMPORTED' && [DomainName, ...SubjectAlternativeNameSummaries].some(name => names.has(name.toLowerCase())),
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

async function listAll({ calls }: Location, caller: Caller): Promise<readonly CertificateSummary[]> {
  const all: CertificateSummary[] = []
  let next: string | undefined
  do {
    const token = next === undefined ? {} : { NextToken: next }
    const answer = await calls.acm('ListCertificates', { Includes: { keyTypes }, MaxItems: pageSize, ...token }, caller)
    all.push(...(answer.CertificateSummaryList ?? []))
    next = answer.NextToken === '' ? undefined : answer.NextToken
  } while (next !== undefined)
  return all
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
