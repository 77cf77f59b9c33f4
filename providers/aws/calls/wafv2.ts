// The WAFv2 calls that are made, by name. Imported when the first Ingress asks for a web ACL.
import {
  AssociateWebACLCommand,
  DisassociateWebACLCommand,
  GetWebACLForResourceCommand,
  ListWebACLsCommand,
  WAFV2Client,
} from '@aws-sdk/client-wafv2'

export { WAFV2Client }

export const wafCommands = {
  AssociateWebACL: AssociateWebACLCommand,
  DisassociateWebACL: DisassociateWebACLCommand,
  GetWebACLForResource: GetWebACLForResourceCommand,
  ListWebACLs: ListWebACLsCommand,
} as const
