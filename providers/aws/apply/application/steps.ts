// Runs the actions that only Application Load Balancers have, each by the function that knows how.
import type { AwsAction } from '../../actions.ts'
import type { ApplicationAction } from '../../actions/application.ts'
import type { Run } from '../run.ts'
import { addHttpCertificates, deleteCertificate, importCertificate } from './certificates.ts'
import { createHttpListener, modifyHttpListener } from './listeners.ts'
import { createRule, deleteRule, modifyRule, setRulePriorities } from './rules.ts'
import { associateWebAcl, disassociateWebAcl } from './web-acl.ts'

export async function applicationStep(run: Run, action: ApplicationAction): Promise<void> {
  switch (action.kind) {
    case 'import-certificate':
      return importCertificate(run, action)
    case 'delete-certificate':
      return deleteCertificate(run, action)
    case 'create-http-listener':
      return createHttpListener(run, action)
    case 'modify-http-listener':
      return modifyHttpListener(run, action)
    case 'add-http-certificates':
      return addHttpCertificates(run, action)
    case 'create-rule':
      return createRule(run, action)
    case 'modify-rule':
      return modifyRule(run, action)
    case 'set-rule-priorities':
      return setRulePriorities(run, action)
    case 'delete-rule':
      return deleteRule(run, action)
    case 'associate-web-acl':
      return associateWebAcl(run, action)
    case 'disassociate-web-acl':
      return disassociateWebAcl(run)
    default:
      return action satisfies never
  }
}

/** The Ingresses, as `namespace/name`, whose part alone an action is; undefined for what concerns all. */
export function originsOf(action: AwsAction): readonly string[] | undefined {
  return action.kind === 'create-rule' || action.kind === 'modify-rule' ? action.rule.origins : undefined
}
