// Who calls: access keys, those that expired, what they may not do.
import type { AwsError } from './errors.ts'
import { awsError } from './errors.ts'

export type Caller = { readonly accessKeyId: string; readonly region: string; readonly service: string }

/** The scope in a Signature Version 4 header; undefined when the request is not signed. The signature itself is not checked. */
export function callerOf(authorization: string): Caller | undefined {
  const scope = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,/.exec(authorization)
  return scope ? { accessKeyId: scope[1] ?? '', region: scope[2] ?? '', service: scope[3] ?? '' } : undefined
}

export type Credentials = {
  /** What AWS says to a call of that caller, if it is refused. */
  refusal(caller: Caller, operation: string): AwsError | undefined
  /** Makes keys expire, all that were seen or one; disposing makes them valid again. */
  readonly expire: (accessKeyId?: string) => Disposable
  /** Denies an IAM action such as `elasticloadbalancing:CreateListener`; `ec2:*` denies all of a service. */
  readonly deny: (action: string) => Disposable
  /** A session whose keys end at `expiresAt`. */
  readonly remember: (accessKeyId: string, expiresAt: number) => void
}

/** Nobody is refused yet. `known` are the operations by service. */
export function credentials(account: string, known: ReadonlyMap<string, ReadonlySet<string>>, now: () => number): Credentials {
  const seen = new Set<string>()
  const expired = new Map<string, number>()
  const sessions = new Map<string, number>()
  const denied = new Map<string, number>()
  return {
    refusal(caller, operation) {
      seen.add(caller.accessKeyId)
      const over = (sessions.get(caller.accessKeyId) ?? Number.POSITIVE_INFINITY) <= now()
      if (over || expired.has(caller.accessKeyId)) return expiredError(caller.service)
      const action = `${caller.service}:${operation}`
      return denied.has(action) || denied.has(`${caller.service}:*`) ? deniedError(caller, action, account) : undefined
    },
    expire: accessKeyId => held(expired, accessKeyId === undefined ? [...seen] : [accessKeyId]),
    deny(action) {
      const [service = '', operation = ''] = action.split(':')
      const there = operation === '*' ? known.has(service) : known.get(service)?.has(operation)
      if (!there) throw new Error(`there is no action ${action} to deny`)
      return held(denied, [action])
    },
    remember: (accessKeyId, expiresAt) => void sessions.set(accessKeyId, expiresAt),
  }
}

/** Keys stay in the map until every hold on them is disposed. */
function held(map: Map<string, number>, keys: readonly string[]): Disposable {
  for (const key of keys) map.set(key, (map.get(key) ?? 0) + 1)
  return {
    [Symbol.dispose]: () => {
      for (const key of keys) {
        const left = (map.get(key) ?? 1) - 1
        if (left > 0) map.set(key, left)
        else map.delete(key)
      }
    },
  }
}

/** Common Errors of each API reference. */
function expiredError(service: string): AwsError {
  if (service === 'ec2') return awsError('RequestExpired', 'Request has expired.')
  if (service === 'acm' || service === 'wafv2')
    return awsError('ExpiredTokenException', 'The security token included in the request is expired')
  return awsError('ExpiredToken', 'The security token included in the request is expired')
}

function deniedError(caller: Caller, action: string, account: string): AwsError {
  const message = `User: arn:aws:sts::${account}:assumed-role/weir/session is not authorized to perform: ${action}`
  if (caller.service === 'ec2')
    return awsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${message}`)
  if (caller.service === 'acm' || caller.service === 'wafv2') return awsError('AccessDeniedException', message)
  return awsError('AccessDenied', `${message} because no identity-based policy allows the ${action} action`)
}
