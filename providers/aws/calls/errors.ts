// What AWS says when it refuses, as the typed errors of the seam: a reason, what to do, and how to try again. Pure.
import type { Reason } from '../../../src/api/reasons.ts'
import { reasons } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { Retry } from '../../../src/provider.ts'

/** What a call was, for the words of an error. */
export interface CallName {
  /** The prefix of IAM actions: `elasticloadbalancing`, `ec2`, `acm`, `wafv2`. */
  readonly service: string
  readonly operation: string
}

interface Row {
  readonly codes: readonly string[]
  readonly reason: Reason
  readonly retry: Retry
}

/** Codes of the "Errors" parts of the ELBv2, EC2, ACM and WAFv2 API references, without the suffix that the SDK adds to some. */
const rows: readonly Row[] = [
  {
    codes: [
      'TooManyLoadBalancers',
      'TooManyTargetGroups',
      'TooManyListeners',
      'TooManyRules',
      'LimitExceeded',
      'WAFLimitsExceeded',
      'TooManyTargets',
      'TooManyCertificates',
      'TooManyRegistrationsForTargetId',
      'TooManyTags',
      'TooManyUniqueTargetGroupsPerLoadBalancer',
      'TargetGroupAssociationLimit',
      'SecurityGroupLimitExceeded',
      'SecurityGroupsPerInterfaceLimitExceeded',
      'RulesPerSecurityGroupLimitExceeded',
      'CapacityUnitsLimitExceeded',
      'InsufficientCapacity',
    ],
    reason: 'QuotaReached',
    retry: 'later',
  },
  { codes: ['AccessDenied', 'UnauthorizedOperation', 'AuthFailure.ServiceLinkedRole'], reason: 'AccessDenied', retry: 'later' },
  {
    codes: [
      'ExpiredToken',
      'ExpiredTokenException',
      'RequestExpired',
      'InvalidClientTokenId',
      'UnrecognizedClient',
      'MissingAuthenticationToken',
      'SignatureDoesNotMatch',
      'InvalidSignature',
      'AuthFailure',
      'CredentialsProviderError',
      'TokenProviderError',
    ],
    reason: 'CredentialsInvalid',
    retry: 'later',
  },
  { codes: ['CertificateNotFound', 'UnsupportedCertificate'], reason: 'CertificateNotFound', retry: 'when-changed' },
  {
    codes: ['DuplicateLoadBalancerName', 'DuplicateTargetGroupName', 'InvalidGroup.Duplicate'],
    reason: 'NameTaken',
    retry: 'later',
  },
  {
    codes: ['SubnetNotFound', 'InvalidSubnetID.NotFound', 'InvalidSubnetID.Malformed'],
    reason: 'SubnetsNotFound',
    retry: 'later',
  },
  { codes: ['InvalidSubnet', 'AvailabilityZoneNotSupported'], reason: 'SubnetsUnsuitable', retry: 'later' },
  {
    codes: ['AllocationIdNotFound', 'InvalidAllocationID.NotFound', 'ResourceInUse'],
    reason: 'FixedAddressesInvalid',
    retry: 'later',
  },
  {
    codes: ['InvalidSecurityGroup', 'InvalidGroup.NotFound', 'InvalidGroupId.Malformed'],
    reason: 'SecurityGroupsInvalid',
    retry: 'later',
  },
  // What was believed to be there is not; the next look finds out.
  {
    codes: ['LoadBalancerNotFound', 'TargetGroupNotFound', 'ListenerNotFound', 'RuleNotFound', 'PriorityInUse'],
    reason: 'ProviderError',
    retry: 'now',
  },
  { codes: ['WAFNonexistentItem', 'WAFUnavailableEntity', 'WAFInternalError'], reason: 'ProviderError', retry: 'later' },
  { codes: ['DependencyViolation'], reason: 'SecurityGroupInUse', retry: 'later' },
]

/** What AWS (ELBv2, ACM; for EC2 the page "Request throttling") and the SDK say when calls come too fast. */
const throttles: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottledException',
  'Throttled',
  'RequestLimitExceeded',
  'RequestThrottled',
  'TooManyRequests',
  'BandwidthLimitExceeded',
  'PriorRequestNotComplete',
  'EC2ThrottledException',
])

/** What no server answered: the network between, or nobody at the other end. */
const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'TimeoutError',
  'NetworkingError',
])

/** The code of an error of AWS or of the network, without the suffix `Exception`; empty for what is neither. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const found = [field(error, 'Code'), field(error, 'code')].find(each => typeof each === 'string')
  const text = typeof found === 'string' ? found : error.name
  return text === 'ExpiredTokenException' ? 'ExpiredToken' : text.replace(/Exception$/, '')
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(error instanceof ProviderError ? error.cause : error))
}

export function isThrottle(error: unknown): boolean {
  return throttles.has(codeOf(error))
}

/** Not there (any more): success for what deletes, a reason to look again for the rest. */
export function isGone(error: unknown): boolean {
  return hasCode(
    error,
    'LoadBalancerNotFound',
    'TargetGroupNotFound',
    'ListenerNotFound',
    'RuleNotFound',
    'InvalidGroup.NotFound',
    'InvalidSecurityGroupRuleId.NotFound',
    'InvalidPermission.NotFound',
  )
}

/** What an error names as not there, by ARN or id. */
export function namedIn(error: unknown): readonly string[] {
  return error instanceof Error ? (error.message.match(/arn:[^\s'",]+|sg-[0-9a-f]+/g) ?? []) : []
}

/** Whether nobody knows if the call had its effect: no answer came, or one that AWS gives when it failed half way. */
export function isUncertain(error: unknown): boolean {
  if (!(error instanceof ProviderError)) return false
  return error.code === 'ProviderUnreachable' || (error.cause instanceof Error && isServerFault(error.cause))
}

/** An error of a call as the condition of a Service shall say it. Errors of ours pass unchanged. */
export function providerError(error: unknown, call: CallName): unknown {
  if (error instanceof ProviderError || !(error instanceof Error) || error.name === 'AbortError') return error
  const code = codeOf(error)
  const action = `${call.service}:${call.operation}`
  if (isThrottle(error)) return make('Throttled', 'later', `AWS refused ${action} because of too many calls.`, error)
  if (unreachable.has(code) || unreachable.has(error.name)) {
    return make('ProviderUnreachable', 'later', `AWS did not answer ${action} (${code}).`, error)
  }
  const row = rows.find(({ codes }) => codes.includes(code))
  if (row?.reason === 'AccessDenied') {
    const remedy = `Allow ${deniedIn(error.message) ?? action} in the IAM policy of the controller.`
    return make(row.reason, row.retry, `AWS denied ${action}: ${error.message}.`, error, remedy)
  }
  const said = `${action} failed with ${code}: ${error.message.replace(/\.$/, '')}.`
  if (row) return make(row.reason, row.retry, said, error)
  return make('ProviderError', isServerFault(error) ? 'later' : 'when-changed', said, error)
}

/** AWS does some calls in the caller's name, and then names the one that lacks: CreateLoadBalancer needs ec2:GetSecurityGroupsForVpc. */
function deniedIn(message: string): string | undefined {
  return /not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1]
}

function isServerFault(error: Error): boolean {
  const status = field(field(error, '$metadata'), 'httpStatusCode')
  return field(error, '$fault') === 'server' || (typeof status === 'number' && status >= 500)
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined
}

function make(code: Reason, retry: Retry, message: string, cause: unknown, remedy: string = reasons[code].remedy): ProviderError {
  return new ProviderError({ code, message, remedy, retry, cause })
}
