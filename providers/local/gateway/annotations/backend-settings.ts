// Settings about backends and canaries, from the values of annotations.
import type { Affinity, Canary, Retries, Timeouts, Upstream, UpstreamTls } from '../settings.ts'
import { type Asked, ownSecret } from './asked.ts'
import { warning } from './rows.ts'

export function timeoutsOf({ values }: Asked): Timeouts {
  const { connectTimeout, readTimeout, sendTimeout, totalTimeout } = values
  const idle = readTimeout === undefined && sendTimeout === undefined ? undefined : Math.max(readTimeout ?? 0, sendTimeout ?? 0)
  return {
    ...(connectTimeout === undefined ? {} : { connect: connectTimeout }),
    ...(idle === undefined ? {} : { idle }),
    ...(totalTimeout === undefined ? {} : { total: totalTimeout }),
  }
}

/** Of nginx's words those that are codes. */
const codeOf = (word: string): readonly number[] => (word.startsWith('http_') ? [Number(word.slice(5))] : [])

export function retriesOf({ values }: Asked): Retries {
  const { nextUpstream, tries, tryTimeout } = values
  const more = tries === undefined ? 2 : tries === 0 ? 20 : tries - 1
  const perTry = tryTimeout ? { perTryMs: tryTimeout } : {}
  if (!nextUpstream) return { codes: [], more, ...perTry }
  if (nextUpstream.includes('off')) return { codes: [], more: 0 }
  const codes = nextUpstream.flatMap(codeOf)
  const words = new Set(nextUpstream)
  const on = [
    'connect-failure,refused-stream',
    ...(words.has('error') || words.has('timeout') || words.has('invalid_header') ? ['reset'] : []),
    ...(codes.length > 0 ? ['retriable-status-codes'] : []),
  ].join(',')
  return { on, codes, more, ...perTry, anyMethod: words.has('non_idempotent') }
}

export function upstreamOf(asked: Asked): Upstream {
  const { values } = asked
  const balance = { round_robin: 'round-robin', ewma: 'least-request', least_request: 'least-request', random: 'random' } as const
  const [affinity, tls] = [affinityOf(asked), tlsOf(asked)]
  return {
    ...(values.protocol ? { protocol: values.protocol } : {}),
    ...(values.balance ? { balance: balance[values.balance] } : {}),
    ...(values.hash ? { hash: values.hash } : {}),
    ...(affinity ? { affinity } : {}),
    ...(tls ? { tls } : {}),
  }
}

function affinityOf({ values }: Asked): Affinity | undefined {
  if (!values.affinity) return undefined
  const maxAgeSeconds = values.cookieMaxAge ?? values.cookieExpires
  const attribute = (name: string, value?: string) => (value === undefined ? [] : [{ name, value }])
  return {
    cookie: values.cookieName ?? 'INGRESSCOOKIE',
    mode: values.affinityMode ?? 'balanced',
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    path: values.cookiePath ?? '/',
    attributes: [
      ...attribute('Domain', values.cookieDomain),
      ...attribute('SameSite', values.cookieSameSite),
      ...attribute('Secure', values.cookieSecure ? '' : undefined),
    ],
  }
}

function tlsOf(asked: Asked): UpstreamTls | undefined {
  const { upstreamSecret, upstreamVerify, upstreamName, upstreamSendName, protocol } = asked.values
  if (!upstreamSecret && !upstreamVerify && upstreamName === undefined && !upstreamSendName) return undefined
  const verify = upstreamVerify === 'on'
  const secret = ownSecret(asked, 'upstreamSecret', verify ? ['tls', 'ca'] : ['tls'])
  if (verify && !upstreamSecret)
    asked.close(`Annotation ${asked.keyOf('upstreamVerify')} needs proxy-ssl-secret with the authorities.`)
  if (protocol === undefined || protocol === 'HTTP' || protocol === 'GRPC' || protocol === 'H2C') {
    const message = 'Annotations proxy-ssl-* have no effect on backends that are not spoken to in TLS.'
    asked.problems.push(warning('SettingWithoutEffect', message, 'Set backend-protocol to HTTPS or GRPCS, or remove them.'))
  }
  return {
    ...(secret ? { secret } : {}),
    verify,
    ...(upstreamName === undefined ? {} : { name: upstreamName }),
    sendName: upstreamSendName === undefined ? upstreamName !== undefined : upstreamSendName === 'on',
  }
}

export function canaryOf({ values, problems }: Asked): Canary | undefined {
  const { canaryHeader, canaryHeaderValue, canaryHeaderPattern, canaryCookie, canaryWeight, canaryTotal } = values
  if (!values.canary) {
    const isAsked = [canaryHeader, canaryHeaderValue, canaryHeaderPattern, canaryCookie, canaryWeight].some(
      each => each !== undefined,
    )
    if (isAsked)
      problems.push(
        warning('SettingWithoutEffect', 'Annotations canary-* have no effect without canary: "true".', 'Add it, or remove them.'),
      )
    return undefined
  }
  const weightTotal = canaryTotal ?? 100
  return {
    weight: Math.min(canaryWeight ?? 0, weightTotal),
    weightTotal,
    ...(canaryHeader === undefined
      ? {}
      : { header: { name: canaryHeader, ...headerTest(canaryHeaderValue, canaryHeaderPattern) } }),
    ...(canaryCookie === undefined ? {} : { cookie: canaryCookie }),
  }
}

function headerTest(exact = '', pattern?: string): Pick<NonNullable<Canary['header']>, 'value'> {
  if (exact !== '') return { value: { exact } }
  return pattern === undefined ? {} : { value: { pattern } }
}
