// Tags of EC2 resources (API_CreateTags, API_DeleteTags; "Tag your Amazon EC2 resources", restrictions).
import type { CreateTagsRequest, DeleteTagsRequest, Tag, TagSpecification } from '@aws-sdk/client-ec2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { Table } from '../table.ts'
import type { Tags } from '../records.ts'
import type { World } from '../world.ts'

type Tagged = { readonly tags: Tags; readonly store: (tags: Tags) => void }

/** Where the resources of an id's prefix are, and the code for an id that is not there. */
const kinds: Readonly<
  Record<string, { readonly find: (world: World, id: string) => Tagged | undefined; readonly notFound: string }>
> = {
  sg: { find: (world, id) => taggedIn(world.securityGroups, id), notFound: 'InvalidGroup.NotFound' },
  sgr: { find: taggedRule, notFound: 'InvalidSecurityGroupRuleId.NotFound' },
  subnet: { find: (world, id) => taggedIn(world.subnets, id), notFound: 'InvalidSubnetID.NotFound' },
  vpc: { find: (world, id) => taggedIn(world.vpcs, id), notFound: 'InvalidVpcID.NotFound' },
  rtb: { find: (world, id) => taggedIn(world.routeTables, id), notFound: 'InvalidRouteTableID.NotFound' },
  i: { find: (world, id) => taggedIn(world.instances, id), notFound: 'InvalidInstanceID.NotFound' },
  eni: { find: (world, id) => taggedIn(world.networkInterfaces, id), notFound: 'InvalidNetworkInterfaceID.NotFound' },
  eipalloc: { find: (world, id) => taggedIn(world.addresses, id), notFound: 'InvalidAllocationID.NotFound' },
}

function taggedIn<T extends { readonly tags: Tags }>(table: Table<T>, id: string): Tagged | undefined {
  const record = table.get(id)
  return record && { tags: record.tags, store: tags => table.put(id, { ...record, tags }) }
}

function taggedRule(world: World, id: string): Tagged | undefined {
  const group = world.securityGroups.values().find(found => found.rules.some(rule => rule.id === id))
  const rule = group?.rules.find(found => found.id === id)
  if (!group || !rule) return undefined
  return {
    tags: rule.tags,
    store: tags => {
      const rules = group.rules.map(found => (found.id === id ? { ...found, tags } : found))
      world.securityGroups.put(group.id, { ...group, rules })
    },
  }
}

/** The tags of a create call for one kind of resource. Throws when they are for another kind or break the rules. */
export function specifiedTags(call: Call, type: string, specifications: readonly TagSpecification[] | undefined): Tags {
  const wrong = specifications?.find(specification => specification.ResourceType !== type)
  if (wrong)
    throw awsError('InvalidParameterValue', `'${wrong.ResourceType}' is not a valid taggable resource type for this operation`)
  return checkedTags(call, specifications?.flatMap(specification => specification.Tags ?? []) ?? [], {})
}

function checkedTags(call: Call, list: readonly Tag[], present: Tags): Tags {
  const keys = list.map(tag => tag.Key ?? '')
  if (new Set(keys).size < keys.length) throw awsError('InvalidParameterValue', 'Duplicate tag key')
  for (const { Key: key = '', Value: value = '' } of list) {
    if (key.length < 1 || key.length > 127)
      throw awsError('InvalidParameterValue', `Tag key exceeds the maximum length or is empty: '${key}'`)
    if (value.length > 255)
      throw awsError('InvalidParameterValue', `Tag value exceeds the maximum length of 255 characters: '${key}'`)
    if (/^aws:/i.test(key)) throw awsError('InvalidParameterValue', 'Tag keys starting with aws: are reserved for internal use')
  }
  const tags = { ...present, ...Object.fromEntries(list.map(({ Key = '', Value = '' }) => [Key, Value])) }
  if (Object.keys(tags).length > call.settings.quotas.tagsPerResource) {
    throw awsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached')
  }
  return tags
}

function tagged(world: World, id: string): Tagged {
  const kind = kinds[id.split('-', 1)[0] ?? '']
  if (!kind) throw awsError('InvalidID', `The ID '${id}' is not valid`)
  const found = kind.find(world, id)
  if (!found) throw awsError(kind.notFound, `The ID '${id}' does not exist`)
  return found
}

function createTags(input: CreateTagsRequest, call: Call): object {
  const updates = (input.Resources ?? []).map(id => {
    const found = tagged(call.world, id)
    const tags = checkedTags(call, input.Tags ?? [], found.tags)
    return () => found.store(tags)
  })
  for (const update of updates) update()
  return {}
}

/** A tag with a value is deleted only when it has that value; without tags, all are deleted. */
function deleteTags(input: DeleteTagsRequest, call: Call): object {
  for (const found of (input.Resources ?? []).map(id => tagged(call.world, id))) {
    const gone = (key: string, value: string) =>
      !input.Tags?.length || input.Tags.some(tag => tag.Key === key && (tag.Value === undefined || tag.Value === value))
    found.store(Object.fromEntries(Object.entries(found.tags).filter(([key, value]) => !gone(key, value))))
  }
  return {}
}

export const ec2TagOperations = { CreateTags: createTags, DeleteTags: deleteTags } satisfies Operations
