// The web ACL that a load balancer has.
import type { Caller } from '../../calls/calls.ts'
import type { WebAcl } from '../../model/application.ts'
import type { LedgerRecord } from '../../model/ledger.ts'
import { recorded } from '../../plan/believed.ts'
import type { Location } from '../../provider/locations.ts'

/** What was set last, by the ledger; AWS is asked where that does not tell, or shall not be believed. */
export async function webAclOf(
  { calls }: Location,
  {
    balancer,
    record,
    isFresh,
  }: { readonly balancer: string; readonly record: LedgerRecord | undefined; readonly isFresh: boolean },
  caller: Caller,
): Promise<WebAcl> {
  const noted = isFresh ? undefined : recorded({ record }, 'web-acl')?.['arn']
  if (noted !== undefined) return noted === '' ? 'none' : { arn: noted }
  const { WebACL } = await calls.waf('GetWebACLForResource', { ResourceArn: balancer }, caller)
  return WebACL?.ARN ? { arn: WebACL.ARN } : 'none'
}
