// Takes on a role: one signed call to STS, its keys shared by all clients until shortly before they end.
import { createHash, createHmac } from 'node:crypto'
import { ProviderError } from '../../../src/provider.ts'
import { providerError } from './errors.ts'

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

export interface Role {
  readonly arn: string
  /** What the role's trust policy asks for of others (IAM user guide, "Access to AWS accounts owned by third parties"). */
  readonly externalId?: string | undefined
  /** What the role's session is called in CloudTrail; `weir` when absent. */
  readonly sessionName?: string | undefined
}

export interface RoleOptions {
  readonly role: Role
  readonly region: string
  /** Whose identity takes it on. */
  readonly base: () => Promise<Keys>
  readonly endpoint: string | undefined
  /** Read for AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL, as the SDK does for its clients. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** New keys are fetched so long before the old ones end. */
const marginMs = 5 * 60_000
const timeoutMs = 20_000

/** Keys of the role; those who ask at once share a call. Rejects with a ProviderError that names the role. */
export function assumedRole(options: RoleOptions): () => Promise<Keys> {
  let current: Promise<Keys> | undefined
  let endsAt = 0
  return () => {
    if (current && Date.now() < endsAt) return current
    endsAt = Number.POSITIVE_INFINITY
    const asking = assume(options)
    current = asking
    asking.then(
      ({ expiration }) => (endsAt = (expiration?.getTime() ?? Number.POSITIVE_INFINITY) - marginMs),
      () => (endsAt = 0),
    )
    return asking
  }
}

/** AssumeRole by the Query protocol (STS API reference, API_AssumeRole). */
async function assume({ role, region, base, endpoint, environment }: RoleOptions): Promise<Keys> {
  const { arn, externalId, sessionName = 'weir' } = role
  const china = region.startsWith('cn-') ? '.cn' : ''
  const url = new URL(
    endpoint ??
      environment['AWS_ENDPOINT_URL_STS'] ??
      environment['AWS_ENDPOINT_URL'] ??
      `https://sts.${region}.amazonaws.com${china}`,
  )
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: arn,
    RoleSessionName: sessionName,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
  }).toString()
  try {
    const headers = signed({ url, body, region, keys: await base(), at: new Date() })
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) })
    const text = await response.text()
    if (!response.ok) throw refusal(field(text, 'Code') ?? `HTTP ${response.status}`, field(text, 'Message') ?? '')
    return keysIn(text)
  } catch (error) {
    throw told(error, arn)
  }
}

function keysIn(text: string): Keys {
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ].map(name => field(text, name))
  if (!accessKeyId || !secretAccessKey) throw refusal('UnexpectedAnswer', 'STS gave no keys')
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration: new Date(expiration) }),
  }
}

/** Keys are base64, codes words: nothing in them is escaped in XML but in messages, which are for reading. */
function field(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1]
}

function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { name: code })
}

/** Access that is denied is not the business of the call that needed the keys, but of the role. */
function told(error: unknown, arn: string): unknown {
  const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error
  const typed = providerError(cause, { service: 'sts', operation: 'AssumeRole' })
  if (!(typed instanceof ProviderError) || typed.code !== 'AccessDenied') return typed
  const message = `AWS does not let the controller take on ${arn}: ${cause instanceof Error ? cause.message : ''}.`
  const remedy =
    'Let the trust policy of the role name the controller (and the external id of the class), and allow sts:AssumeRole in the IAM policy of the controller.'
  return new ProviderError({ code: 'AccessDenied', message, remedy, retry: 'later', cause })
}

/** Signature Version 4 of a form ("Create a signed AWS API request", IAM user guide). */
function signed({
  url,
  body,
  region,
  keys,
  at,
}: {
  readonly url: URL
  readonly body: string
  readonly region: string
  readonly keys: Keys
  readonly at: Date
}): Record<string, string> {
  const time = at.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: url.host,
    'x-amz-date': time,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  }
  const names = Object.keys(headers).toSorted().join(';')
  const lines = Object.keys(headers)
    .toSorted()
    .map(name => `${name}:${headers[name]}\n`)
    .join('')
  const request = ['POST', url.pathname, '', lines, names, sha256(body)].join('\n')
  const scope = `${day}/${region}/sts/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')
  const key = [day, region, 'sts', 'aws4_request'].reduce(
    (secret: string | Buffer, part) => hmac(secret, part),
    `AWS4${keys.secretAccessKey}`,
  )
  const signature = hmac(key, toSign).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  // fetch sets the host itself.
  const { host: _host, ...sent } = headers
  return { ...sent, authorization }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
