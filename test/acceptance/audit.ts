// What Weir's ServiceAccounts asked of the API server since the lab was raised, and what they were answered.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { SharedLab } from '../lab/shared-lab.ts'

const entry = z.object({
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z
    .object({
      resource: z.string(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().optional(), message: z.string().optional() }).optional(),
  annotations: z.object({ 'authorization.k8s.io/decision': z.enum(['allow', 'forbid']).optional() }).optional(),
})

/** One finished request (audit.k8s.io/v1). */
export type Request = z.infer<typeof entry>

export function requestsOfWeir(lab: SharedLab): readonly Request[] {
  const lines = readFileSync(lab.state.path('audit.log'), 'utf8').split('\n')
  return lines.filter(line => line.endsWith('}')).map(line => entry.parse(JSON.parse(line)))
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
function kindOf({ user, verb, objectRef }: Request): string {
  const { resource = '', subresource = '', namespace = '', name = '' } = objectRef ?? {}
  return [user.username, verb, resource, subresource, namespace, name].join(' ')
}

const reading = new Set(['get', 'list', 'watch'])

/** Every attempt to change an object, whatever came of it. */
export function writesTo(lab: SharedLab, resource: string, namespace: string, name: string): readonly Request[] {
  return requestsOfWeir(lab).filter(
    ({ verb, objectRef }) =>
      !reading.has(verb) && objectRef?.resource === resource && objectRef.namespace === namespace && objectRef.name === name,
  )
}
