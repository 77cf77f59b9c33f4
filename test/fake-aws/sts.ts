// The least of STS: who am I, and roles (API_GetCallerIdentity, API_AssumeRole, API_AssumeRoleWithWebIdentity).
import type { Call, Operations } from './call.ts'
import { awsError } from './errors.ts'

type AssumeInput = {
  readonly RoleArn: string
  readonly RoleSessionName: string
  readonly DurationSeconds?: number
  readonly WebIdentityToken?: string
  readonly ExternalId?: string
}

function getCallerIdentity(_input: object, call: Call): object {
  const { account } = call.settings
  return { UserId: call.accessKeyId, Account: account, Arn: `arn:aws:sts::${account}:assumed-role/weir/session` }
}

function assumeRole(input: AssumeInput, call: Call): object {
  if (!/^arn:aws[^:]*:iam::\d{12}:role\/.+/.test(input.RoleArn)) throw awsError('ValidationError', `${input.RoleArn} is invalid`)
  if (!/^[\w+=,.@-]{2,64}$/.test(input.RoleSessionName))
    throw awsError('ValidationError', `Value '${input.RoleSessionName}' at 'roleSessionName' is invalid`)
  const seconds = input.DurationSeconds ?? 3600
  if (seconds < 900 || seconds > 43_200)
    throw awsError('ValidationError', `Value '${seconds}' at 'durationSeconds' must be between 900 and 43200`)
  if (input.ExternalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(input.ExternalId))
    throw awsError('ValidationError', `Value '${input.ExternalId}' at 'externalId' is invalid`)
  const asked = call.world.roleTrusts.get(input.RoleArn)
  if (asked !== undefined && asked.externalId !== input.ExternalId)
    throw awsError(
      'AccessDenied',
      `User: ${call.accessKeyId} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
    )
  const accessKeyId = `ASIA${call.newId(16).toUpperCase()}`
  const expiresAt = call.now() + seconds * 1000
  call.rememberSession(accessKeyId, expiresAt)
  const role = input.RoleArn.split('/').at(-1)
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: call.newId(40),
      SessionToken: call.newId(64),
      Expiration: new Date(expiresAt),
    },
    AssumedRoleUser: {
      AssumedRoleId: `AROA${call.newId(16).toUpperCase()}:${input.RoleSessionName}`,
      Arn: `arn:aws:sts::${call.settings.account}:assumed-role/${role}/${input.RoleSessionName}`,
    },
  }
}

export const stsOperations = {
  GetCallerIdentity: getCallerIdentity,
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRole,
} satisfies Operations
