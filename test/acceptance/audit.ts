// What Weir's ServiceAccounts asked of the API server since the lab was raised, and what they were answered.
import { auditLogOf, readAuditLog } from '../lab/audit-log.ts'
import type { AuditedRequest } from '../lab/audit-log.ts'
import type { SharedLab } from '../lab/shared-lab.ts'

export function requestsOfWeir(lab: SharedLab): readonly AuditedRequest[] {
  return readAuditLog(auditLogOf(lab.state))
}

/**
 * "USER: create /api/v1/…" of every request that RBAC refused and never allowed. An API server that has just started refuses for a
 * moment what its roles allow, as they are not read yet; admission (a namespace that is being deleted) refuses for other reasons.
 */
export function refusedRequests(lab: SharedLab): readonly string[] {
  const requests = requestsOfWeir(lab)
  const decided = (decision: 'allow' | 'forbid') =>
    requests.filter(({ annotations }) => annotations?.['authorization.k8s.io/decision'] === decision)
  const allowed = new Set(decided('allow').map(kindOf))
  const refused = decided('forbid').filter(request => !allowed.has(kindOf(request)))
  return [...new Set(refused.map(({ verb, requestURI, user }) => `${user.username}: ${verb} ${requestURI}`))]
}

/** What admission policies of the cluster refused, in their own words. */
export function deniedByPolicy(lab: SharedLab): readonly string[] {
  const messages = requestsOfWeir(lab).map(({ responseStatus }) => responseStatus?.message ?? '')
  return [...new Set(messages.filter(message => message.includes('ValidatingAdmissionPolicy')))]
}

/** What RBAC decides by. */
function kindOf({ user, verb, objectRef }: AuditedRequest): string {
  const { resource = '', subresource = '', namespace = '', name = '' } = objectRef ?? {}
  return [user.username, verb, resource, subresource, namespace, name].join(' ')
}

const reading = new Set(['get', 'list', 'watch'])

/** Every attempt to change an object, whatever came of it. */
export function writesTo(lab: SharedLab, resource: string, namespace: string, name: string): readonly AuditedRequest[] {
  return requestsOfWeir(lab).filter(
    ({ verb, objectRef }) =>
      !reading.has(verb) && objectRef?.resource === resource && objectRef.namespace === namespace && objectRef.name === name,
  )
}
