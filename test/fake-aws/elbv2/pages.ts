// The paging of Elastic Load Balancing: PageSize 1 to 400 (default 400), Marker and NextMarker (API_DescribeLoadBalancers).
import type { Call } from '../call.ts'
import { invalid } from '../errors.ts'
import { pageOf } from '../paging.ts'
import { checkRange } from './names.ts'

const largestPage = 400

/** The page as the outputs of Describe calls carry it. */
export function elbPage<T>(
  call: Call,
  all: readonly T[],
  input: { readonly PageSize?: number | undefined; readonly Marker?: string | undefined },
): { items: T[]; next: { NextMarker?: string } } {
  checkRange('pageSize', input.PageSize, 1, largestPage)
  const refuse = () => invalid(`The marker '${input.Marker}' is not valid`)
  const page = pageOf(all, { list: call.operation, size: input.PageSize ?? largestPage, marker: input.Marker, refuse })
  return { items: [...page.items], next: page.next === undefined ? {} : { NextMarker: page.next } }
}

/** Throws ValidationError for more than 20 names or ARNs in one call. Source: Array Members of the Describe calls' parameters. */
export function atMostTwenty(parameter: string, values: readonly unknown[] | undefined): void {
  if ((values?.length ?? 0) > 20)
    throw invalid(`1 validation error detected: '${parameter}' must have length less than or equal to 20`)
}
