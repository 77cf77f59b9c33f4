// The contract of web ACLs.
import {
  AssociateWebACLCommand,
  DisassociateWebACLCommand,
  GetWebACLForResourceCommand,
  ListWebACLsCommand,
} from '@aws-sdk/client-wafv2'
import { expect } from 'vitest'
import { application } from './makers.ts'
import type { ContractTest, Subject } from './subject.ts'
import { refusal, sentence } from './subject.ts'

async function aclOf({ wafv2 }: Subject, ResourceArn: string): Promise<string | undefined> {
  return (await wafv2.send(new GetWebACLForResourceCommand({ ResourceArn }))).WebACL?.ARN
}

export const webAclContract: readonly ContractTest[] = [
  sentence('web ACLs of the region are listed with their names', async subject => {
    const { WebACLs } = await subject.wafv2.send(new ListWebACLsCommand({ Scope: 'REGIONAL' }))
    expect(WebACLs?.map(({ Name, ARN }) => [Name, ARN])).toEqual([['site', subject.site.webAcl]])
  }),
  sentence('a load balancer has no web ACL until one is associated, and none after it is taken away', async subject => {
    const { LoadBalancerArn: ResourceArn } = await application(subject)
    expect(await aclOf(subject, ResourceArn)).toBeUndefined()
    await subject.wafv2.send(new AssociateWebACLCommand({ ResourceArn, WebACLArn: subject.site.webAcl }))
    expect(await aclOf(subject, ResourceArn)).toBe(subject.site.webAcl)
    await subject.wafv2.send(new DisassociateWebACLCommand({ ResourceArn }))
    expect(await aclOf(subject, ResourceArn)).toBeUndefined()
  }),
  sentence('a web ACL that does not exist is refused', async subject => {
    const { LoadBalancerArn: ResourceArn } = await application(subject)
    const WebACLArn = subject.site.webAcl.replace(/.{12}$/, '0123456789ab')
    expect(await refusal(subject.wafv2.send(new AssociateWebACLCommand({ ResourceArn, WebACLArn })))).toBe(
      'WAFNonexistentItemException',
    )
  }),
  sentence('a load balancer that does not exist has no web ACL', async subject => {
    const { LoadBalancerArn } = await application(subject)
    const ResourceArn = LoadBalancerArn.replace(/.{12}$/, '0123456789ab')
    expect(await refusal(aclOf(subject, ResourceArn))).toBe('WAFNonexistentItemException')
  }),
]
