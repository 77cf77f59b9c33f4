// What chosen users asked of an API server of the lab, and what they were answered (audit.k8s.io/v1).
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { LabState } from './state.ts'

/** The accounts of Weir's programs. */
export const weirAccounts: readonly string[] = ['weir-controller', 'weir-agent'].map(
  name => `system:serviceaccount:weir-system:${name}`,
)

/** A run of all tests sets it: there the logs stay until the run has looked at them together. */
export const auditFolderVariable = 'WEIR_TEST_AUDIT_FOLDER'

/**
 * Words for kube-apiserver: every request of these users when it is answered, with the answer's code, and nothing of anybody else.
 * A watch is there twice, when it begins and when it ends: one that goes on is told too.
 */
export function auditArgs(state: LabState, users: readonly string[]): readonly string[] {
  if (users.length === 0) return []
  const rules = [{ level: 'Metadata', users }, { level: 'None' }]
  const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules }
  writeFileSync(state.path('audit-policy.json'), JSON.stringify(policy))
  return [
    `--audit-policy-file=${state.path('audit-policy.json')}`,
    `--audit-log-path=${auditLogOf(state)}`,
    // Megabytes, beyond which a new file would be begun.
    '--audit-log-maxsize=1000',
  ]
}

/** One JSON line for each request. */
export function auditLogOf(state: LabState): string {
  const folder = process.env[auditFolderVariable]
  return folder ? join(folder, `${state.name}.log`) : state.path('audit.log')
}

const entry = z.object({
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z
    .object({
      apiGroup: z.string().optional(),
      resource: z.string().optional(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().optional(), message: z.string().optional() }).optional(),
  annotations: z.object({ 'authorization.k8s.io/decision': z.enum(['allow', 'forbid']).optional() }).optional(),
})

/** One answered request. */
export type AuditedRequest = z.infer<typeof entry>

/** All of a log. An API server that was killed leaves a line that is cut off, and goes on in it when it is started again. */
export function readAuditLog(path: string): readonly AuditedRequest[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return [entry.parse(JSON.parse(line))]
      } catch {
        return []
      }
    })
}
