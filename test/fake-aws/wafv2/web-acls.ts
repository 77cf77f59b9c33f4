// Web ACLs of WAFv2, as far as load balancers are protected by them: list, associate, look up, disassociate.
import type {
  AssociateWebACLRequest,
  AssociateWebACLResponse,
  DisassociateWebACLRequest,
  DisassociateWebACLResponse,
  GetWebACLForResourceRequest,
  GetWebACLForResourceResponse,
  ListResourcesForWebACLRequest,
  ListResourcesForWebACLResponse,
  ListWebACLsRequest,
  ListWebACLsResponse,
} from '@aws-sdk/client-wafv2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import { pageOf } from '../paging.ts'
import type { LoadBalancer, WebAcl } from '../records.ts'
import type { View } from '../world.ts'

const invalidParameter = (message: string) => awsError('WAFInvalidParameterException', `Error reason: ${message}`)
const nonexistent = () =>
  awsError('WAFNonexistentItemException', 'AWS WAF could not perform the operation because your resource does not exist.')

/** API_AssociateWebACL: a regional ACL and an Application Load Balancer of the region; it takes the place of another one. */
function associate(input: AssociateWebACLRequest, call: Call): AssociateWebACLResponse {
  const acl = findAcl(call.world, input.WebACLArn)
  const balancer = findBalancer(call.world, input.ResourceArn)
  // Its Errors: what was made a moment ago may not be known to WAF yet.
  if (!call.references.loadBalancers.get(balancer.arn))
    throw awsError(
      'WAFUnavailableEntityException',
      'AWS WAF couldn’t retrieve a resource that you specified. Retry your request.',
    )
  call.world.webAclsOfBalancers.put(balancer.arn, acl.arn)
  return {}
}

function disassociate(input: DisassociateWebACLRequest, call: Call): DisassociateWebACLResponse {
  const balancer = findBalancer(call.world, input.ResourceArn)
  call.world.webAclsOfBalancers.delete(balancer.arn)
  return {}
}

/** Without an ACL the answer is empty. */
function ofResource(input: GetWebACLForResourceRequest, call: Call): GetWebACLForResourceResponse {
  const balancer = findBalancer(call.seen, input.ResourceArn)
  const acl = call.seen.webAcls.get(call.seen.webAclsOfBalancers.get(balancer.arn) ?? '')
  if (!acl) return {}
  return {
    WebACL: {
      Name: acl.name,
      Id: acl.id,
      ARN: acl.arn,
      DefaultAction: { Allow: {} },
      VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: acl.name },
    },
  }
}

function list(input: ListWebACLsRequest, call: Call): ListWebACLsResponse {
  if (input.Scope !== 'REGIONAL') throw invalidParameter(`The scope is not valid., field: SCOPE_VALUE, parameter: ${input.Scope}`)
  const refuse = () => invalidParameter('Your next marker is not valid., field: NEXT_MARKER')
  const page = pageOf(call.seen.webAcls.values(), {
    list: 'web-acls',
    size: input.Limit ?? 100,
    marker: input.NextMarker,
    refuse,
  })
  const summaries = page.items.map(({ name, id, arn }) => ({ Name: name, Id: id, ARN: arn, LockToken: id, Description: '' }))
  return { WebACLs: summaries, ...(page.next === undefined ? {} : { NextMarker: page.next }) }
}

function resources(input: ListResourcesForWebACLRequest, call: Call): ListResourcesForWebACLResponse {
  const acl = findAcl(call.seen, input.WebACLArn)
  const balancers = call.seen.loadBalancers.values().map(({ arn }) => arn)
  return { ResourceArns: balancers.filter(arn => call.seen.webAclsOfBalancers.get(arn) === acl.arn) }
}

function findAcl(view: Pick<View, 'webAcls'>, arn = ''): WebAcl {
  if (!/^arn:aws[^:]*:wafv2:[^:]+:\d{12}:(regional|global)\/webacl\/[^/]+\/[^/]+$/.test(arn))
    throw invalidParameter(
      'The ARN isn’t valid. A valid ARN begins with arn: and includes other information separated by colons or slashes., field: RESOURCE_ARN',
    )
  const found = view.webAcls.get(arn)
  if (!found) throw nonexistent()
  return found
}

function findBalancer(view: Pick<View, 'loadBalancers'>, arn = ''): LoadBalancer {
  if (!arn.includes(':loadbalancer/app/'))
    throw invalidParameter(
      'The ARN isn’t valid. Only regional resources such as an Application Load Balancer have a web ACL here., field: RESOURCE_ARN',
    )
  const found = view.loadBalancers.get(arn)
  if (!found) throw nonexistent()
  return found
}

export const webAclOperations = {
  AssociateWebACL: associate,
  DisassociateWebACL: disassociate,
  GetWebACLForResource: ofResource,
  ListWebACLs: list,
  ListResourcesForWebACL: resources,
} satisfies Operations
