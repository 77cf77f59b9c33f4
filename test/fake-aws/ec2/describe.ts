// What all Describe calls of EC2 have in common: ids, filters, pages.
import type { Filter } from '@aws-sdk/client-ec2'
import type { Call } from '../call.ts'
import { awsError } from '../errors.ts'
import { pageOf } from '../paging.ts'
import type { Snapshot } from '../table.ts'
import type { Tags } from '../records.ts'
import type { FilterRows } from './filters.ts'
import { filtered } from './filters.ts'

/** A kind of resource, and the errors that name it. */
export type Kind<T> = {
  readonly prefix: string
  /** The id's name in error codes: `InvalidSubnetID` gives `InvalidSubnetID.NotFound` and `InvalidSubnetID.Malformed`. */
  readonly code: string
  /** Where AWS spells the malformed code otherwise. */
  readonly malformedCode?: string
  readonly word: string
  readonly filters: FilterRows<T>
  /** The range of MaxResults. */
  readonly pageSizes: readonly [number, number]
}

type Request = {
  readonly ids?: readonly string[] | undefined
  readonly Filters?: readonly Filter[] | undefined
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}

/** The records a Describe call answers with, and the token of the next page. */
export function described<T extends { readonly tags: Tags }>(
  call: Call,
  kind: Kind<T>,
  records: Snapshot<T>,
  request: Request,
): { readonly items: readonly T[]; readonly next: { NextToken?: string } } {
  if (request.ids?.length && request.MaxResults !== undefined) {
    throw awsError('InvalidParameterCombination', `The parameter ${kind.word} ids cannot be used with the parameter MaxResults`)
  }
  const named = request.ids?.length ? request.ids.map(id => findById(kind, records, id)) : records.values()
  const matching = filtered(kind.filters, named, request.Filters)
  const [min, max] = kind.pageSizes
  if (request.MaxResults !== undefined && (request.MaxResults < min || request.MaxResults > max)) {
    throw awsError(
      'InvalidParameterValue',
      `Value ( ${request.MaxResults} ) for parameter MaxResults is invalid. Expecting a value between ${min} and ${max}`,
    )
  }
  const refuse = () => awsError('InvalidParameterValue', `Invalid value '${request.NextToken}' for NextToken`)
  const size = request.ids?.length ? Number.MAX_SAFE_INTEGER : (request.MaxResults ?? max)
  const list = `${call.operation} ${JSON.stringify(request.Filters ?? [])}`
  const page = pageOf(matching, { list, size, marker: request.NextToken, refuse })
  return { items: page.items, next: page.next === undefined ? {} : { NextToken: page.next } }
}

/** One record by id. Throws `<code>.Malformed` or `<code>.NotFound`. */
export function findById<T>(
  kind: Pick<Kind<T>, 'prefix' | 'code' | 'malformedCode' | 'word'>,
  records: Snapshot<T>,
  id: string,
): T {
  if (!new RegExp(`^${kind.prefix}-[0-9a-f]{8,17}$`).test(id)) {
    throw awsError(kind.malformedCode ?? `${kind.code}.Malformed`, `Invalid id: "${id}" (expecting "${kind.prefix}-...")`)
  }
  const record = records.get(id)
  if (!record) throw awsError(`${kind.code}.NotFound`, `The ${kind.word} '${id}' does not exist`)
  return record
}
