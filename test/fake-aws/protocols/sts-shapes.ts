// The three STS operations a controller may call, in the same notation as the SDK's own shapes (STS API Reference, 2011-06-15).
const namespace = 'com.amazonaws.sts'
const string = 0
const number = 1
const timestamp = 4
const structure = 3
const operation = 9

const credentials = [
  structure,
  namespace,
  'Credentials',
  0,
  ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'],
  [string, string, string, timestamp],
]
const assumedRoleUser = [structure, namespace, 'AssumedRoleUser', 0, ['AssumedRoleId', 'Arn'], [string, string]]
const assumed = [
  structure,
  namespace,
  'AssumeRoleResponse',
  0,
  ['Credentials', 'AssumedRoleUser'],
  [credentials, assumedRoleUser],
]

export const GetCallerIdentity$ = [
  operation,
  namespace,
  'GetCallerIdentity',
  0,
  [structure, namespace, 'GetCallerIdentityRequest', 0, [], []],
  [structure, namespace, 'GetCallerIdentityResponse', 0, ['UserId', 'Account', 'Arn'], [string, string, string]],
]

export const AssumeRole$ = [
  operation,
  namespace,
  'AssumeRole',
  0,
  [
    structure,
    namespace,
    'AssumeRoleRequest',
    0,
    ['RoleArn', 'RoleSessionName', 'DurationSeconds', 'ExternalId', 'Policy'],
    [string, string, number, string, string],
    2,
  ],
  assumed,
]

export const AssumeRoleWithWebIdentity$ = [
  operation,
  namespace,
  'AssumeRoleWithWebIdentity',
  0,
  [
    structure,
    namespace,
    'AssumeRoleWithWebIdentityRequest',
    0,
    ['RoleArn', 'RoleSessionName', 'WebIdentityToken', 'DurationSeconds', 'ProviderId', 'Policy'],
    [string, string, string, number, string, string],
    3,
  ],
  assumed,
]
