// After all other tests: their agents and controllers had exactly the rights of deploy/, and needed every single one.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { auditFolderVariable, readAuditLog } from '../lab/audit-log.ts'
import { deployedRoles, inWords, rightsIn, unusedRights } from './granted.ts'

test('every rule of every role was used, verb by verb', () => {
  const folder = process.env[auditFolderVariable] ?? ''
  const logs = readdirSync(folder)
  expect(logs.length).toBeGreaterThan(1)
  const requests = logs.values().flatMap(log => readAuditLog(join(folder, log)))
  expect(unusedRights(rightsIn(deployedRoles()), requests).map(inWords)).toEqual([])
})
