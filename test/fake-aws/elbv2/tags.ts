// Tags of Elastic Load Balancing resources (API_AddTags, API_RemoveTags, API_DescribeTags).
import type {
  AddTagsInput,
  AddTagsOutput,
  DescribeTagsInput,
  DescribeTagsOutput,
  RemoveTagsInput,
  RemoveTagsOutput,
  Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { awsError, invalid } from '../errors.ts'
import type { Table } from '../table.ts'
import type { Tags } from '../records.ts'
import type { View, World } from '../world.ts'
import type { ArnKind } from './names.ts'
import { kindOfArn } from './names.ts'
import { atMostTwenty } from './pages.ts'

const tables = {
  'load balancer': 'loadBalancers',
  'target group': 'targetGroups',
  listener: 'listeners',
  rule: 'rules',
} as const satisfies Record<ArnKind, keyof World>

const notFound: Readonly<Record<ArnKind, string>> = {
  'load balancer': 'LoadBalancerNotFound',
  'target group': 'TargetGroupNotFound',
  listener: 'ListenerNotFound',
  rule: 'RuleNotFound',
}

/** The error of a resource that does not exist. */
export function resourceNotFound(kind: ArnKind, arns: readonly string[]): Error {
  return awsError(notFound[kind], `One or more ${kind}s not found: '${arns.join("', '")}'`)
}

/** The tags of a create call. Throws for repeated keys, too many, and keys or values that AWS refuses (API_Tag). */
export function tagsOf(call: Call, list: readonly Tag[] | undefined, present: Tags = {}): Tags {
  const keys = (list ?? []).map(tag => tag.Key ?? '')
  if (new Set(keys).size < keys.length) throw awsError('DuplicateTagKeys', 'A tag key was specified more than once')
  for (const tag of list ?? []) checkTag(tag)
  const tags = { ...present, ...Object.fromEntries((list ?? []).map(tag => [tag.Key ?? '', tag.Value ?? ''])) }
  const limit = call.settings.quotas.tagsPerResource
  if (Object.keys(tags).length > limit) throw awsError('TooManyTags', `A resource cannot have more than ${limit} tags`)
  return tags
}

function checkTag({ Key: key = '', Value: value = '' }: Tag): void {
  if (key.length < 1 || key.length > 128) throw invalid(`The tag key '${key}' must have 1 to 128 characters`)
  if (value.length > 256) throw invalid(`The value of the tag '${key}' must have at most 256 characters`)
  if (/^aws:/i.test(key)) throw invalid(`The tag key '${key}' begins with the reserved prefix aws:`)
  if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) throw invalid(`The tag '${key}' has a character that is not allowed`)
}

/** Tags as AWS lists them. */
export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

function addTags(input: AddTagsInput, call: Call): AddTagsOutput {
  const updates = (input.ResourceArns ?? []).map(arn => {
    const found = tagged(call.world, arn)
    return () => found.store(tagsOf(call, input.Tags, found.tags))
  })
  for (const update of updates) update()
  return {}
}

function removeTags(input: RemoveTagsInput, call: Call): RemoveTagsOutput {
  const gone = new Set(input.TagKeys)
  for (const found of (input.ResourceArns ?? []).map(arn => tagged(call.world, arn))) {
    found.store(Object.fromEntries(Object.entries(found.tags).filter(([key]) => !gone.has(key))))
  }
  return {}
}

function describeTags(input: DescribeTagsInput, call: Call): DescribeTagsOutput {
  atMostTwenty('resourceArns', input.ResourceArns)
  const descriptions = (input.ResourceArns ?? []).map(arn => ({ ResourceArn: arn, Tags: tagList(recordOf(call.seen, arn).tags) }))
  return { TagDescriptions: descriptions }
}

function kindOf(arn: string): ArnKind {
  const kind = kindOfArn(arn)
  if (!kind) throw invalid(`'${arn}' is not a valid ARN`)
  return kind
}

function recordOf(view: View, arn: string): { readonly tags: Tags } {
  const kind = kindOf(arn)
  const record = view[tables[kind]].get(arn)
  if (!record) throw resourceNotFound(kind, [arn])
  return record
}

function tagged(world: World, arn: string): { readonly tags: Tags; store(tags: Tags): void } {
  const record = recordOf(world, arn)
  const table = world[tables[kindOf(arn)]] as Table<{ readonly tags: Tags }>
  return { tags: record.tags, store: tags => table.put(arn, { ...record, tags }) }
}

export const tagOperations = { AddTags: addTags, RemoveTags: removeTags, DescribeTags: describeTags } satisfies Operations
