// EC2's filters: values of one filter are alternatives, filters are all required, `*` and `?` are wildcards (API_Filter).
import type { Filter, Tag } from '@aws-sdk/client-ec2'
import { awsError } from '../errors.ts'
import type { Tags } from '../records.ts'

/** What each filter of a Describe call compares: the values a record has for it. */
export type FilterRows<T> = Readonly<Record<string, (record: T) => readonly (string | undefined)[]>>

/** The records that all filters let through. Throws InvalidParameterValue for a filter the call does not have. */
export function filtered<T extends { readonly tags: Tags }>(
  rows: FilterRows<T>,
  records: readonly T[],
  filters: readonly Filter[] | undefined,
): readonly T[] {
  const tests = (filters ?? []).map(filter => testOf(rows, filter))
  return records.filter(record => tests.every(test => test(record)))
}

function testOf<T extends { readonly tags: Tags }>(
  rows: FilterRows<T>,
  { Name: name = '', Values: values = [] }: Filter,
): (record: T) => boolean {
  const read = name.startsWith('tag:')
    ? (record: T) => [record.tags[name.slice(4)]]
    : name === 'tag-key'
      ? (record: T) => Object.keys(record.tags)
      : rows[name]
  if (!read) throw awsError('InvalidParameterValue', `The filter '${name}' is invalid`)
  if (values.length === 0) throw awsError('InvalidParameterValue', `The filter '${name}' has no values`)
  if (values.length > 200)
    throw awsError('FilterLimitExceeded', 'The maximum number of filter values specified on a single call is 200')
  const patterns = values.map(pattern)
  return record => read(record).some(value => value !== undefined && patterns.some(matches => matches.test(value)))
}

function pattern(value: string): RegExp {
  const source = value.replace(/\\?[\s\S]/g, token => {
    if (token === '*') return '.*'
    if (token === '?') return '.'
    return (token.length === 2 ? token.slice(1) : token).replace(/[.+^${}()|[\]\\*?/]/g, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`, 's')
}

/** Tags as EC2 lists them. */
export function ec2TagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}
