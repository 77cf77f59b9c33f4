// The web ACL of a load balancer.
import type { ApplicationAction } from '../../actions/application.ts'
import { idIn, noteAttributes } from '../run.ts'
import type { Run } from '../run.ts'

export async function associateWebAcl(
  run: Run,
  { arn: WebACLArn }: Extract<ApplicationAction, { readonly kind: 'associate-web-acl' }>,
): Promise<void> {
  await run.location.calls.waf('AssociateWebACL', { ResourceArn: idIn(run, 'load-balancer'), WebACLArn }, run.caller)
  noteAttributes(run, 'web-acl', [`arn=${WebACLArn}`])
}

export async function disassociateWebAcl(run: Run): Promise<void> {
  await run.location.calls.waf('DisassociateWebACL', { ResourceArn: idIn(run, 'load-balancer') }, run.caller)
  noteAttributes(run, 'web-acl', ['arn='])
}
