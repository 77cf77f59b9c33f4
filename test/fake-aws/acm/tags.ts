// Tags of certificates (API_AddTagsToCertificate, API_RemoveTagsFromCertificate, API_ListTagsForCertificate).
import type {
  AddTagsToCertificateRequest,
  ListTagsForCertificateRequest,
  ListTagsForCertificateResponse,
  RemoveTagsFromCertificateRequest,
  Tag,
} from '@aws-sdk/client-acm'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { Tags } from '../records.ts'
import { certificateOf } from './find.ts'

/** What a certificate's tags are with more of them. Throws InvalidTagException or TooManyTagsException. */
export function acmTags(call: Call, list: readonly Tag[] | undefined, present: Tags): Tags {
  for (const { Key: key = '' } of list ?? []) {
    if (key.length < 1 || key.length > 128 || /^aws:/i.test(key))
      throw awsError('InvalidTagException', `The tag key '${key}' is not valid`)
  }
  const tags = { ...present, ...Object.fromEntries((list ?? []).map(({ Key = '', Value = '' }) => [Key, Value])) }
  if (Object.keys(tags).length > call.settings.quotas.tagsPerResource)
    throw awsError('TooManyTagsException', 'The certificate has too many tags')
  return tags
}

function add(input: AddTagsToCertificateRequest, call: Call): object {
  const certificate = certificateOf(call.world, input.CertificateArn)
  call.world.certificates.put(certificate.arn, { ...certificate, tags: acmTags(call, input.Tags, certificate.tags) })
  return {}
}

/** A tag with a value is removed only when it has that value. */
function remove(input: RemoveTagsFromCertificateRequest, call: Call): object {
  const certificate = certificateOf(call.world, input.CertificateArn)
  const gone = (key: string, value: string) =>
    input.Tags?.some(tag => tag.Key === key && (tag.Value === undefined || tag.Value === value))
  const tags = Object.fromEntries(Object.entries(certificate.tags).filter(([key, value]) => !gone(key, value)))
  call.world.certificates.put(certificate.arn, { ...certificate, tags })
  return {}
}

function list(input: ListTagsForCertificateRequest, call: Call): ListTagsForCertificateResponse {
  const certificate = certificateOf(call.seen, input.CertificateArn)
  return { Tags: Object.entries(certificate.tags).map(([Key, Value]) => ({ Key, Value })) }
}

export const acmTagOperations = {
  AddTagsToCertificate: add,
  RemoveTagsFromCertificate: remove,
  ListTagsForCertificate: list,
} satisfies Operations
