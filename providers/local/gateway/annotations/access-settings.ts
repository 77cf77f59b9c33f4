// Settings about who may come in, from the values of annotations.
import type { ClientCertificate, Cors, IngressSettings, Rate } from '../settings.ts'
import { type Asked, ownSecret } from './asked.ts'

export function authOf(asked: Asked): Pick<IngressSettings, 'externalAuth' | 'basicAuth'> {
  const { values, close, keyOf } = asked
  const secret = ownSecret(asked, 'authSecret', ['basic-auth'])
  if (values.authType !== undefined && !values.authSecret)
    close(`Annotation ${keyOf('authType')} asks for passwords, and auth-secret names no Secret.`)
  return { ...(secret ? { basicAuth: { secret } } : {}), ...externalAuthOf(asked) }
}

function externalAuthOf(asked: Asked): Pick<IngressSettings, 'externalAuth'> {
  const { authUrl, authResponseHeaders = [], authSignIn, authSignInParameter = 'rd' } = asked.values
  if (!authUrl) return {}
  const { service } = authUrl
  if (service?.namespace === asked.namespace) asked.services.add(service.name)
  else if (service && !asked.options.otherNamespaces) {
    asked.close(`Annotation ${asked.keyOf('authUrl')} leads to a Service of another namespace, which the class does not allow.`)
    return {}
  }
  return {
    externalAuth: {
      target: !service && asked.options.otherNamespaces ? { ...authUrl, anyNamespace: true } : authUrl,
      responseHeaders: authResponseHeaders,
      ...(authSignIn === undefined ? {} : { signIn: authSignIn }),
      signInParameter: authSignInParameter,
    },
  }
}

const wanted = { on: 'required', optional: 'optional', optional_no_ca: 'unverified' } as const

export function clientCertificateOf(asked: Asked): ClientCertificate | undefined {
  const { clientVerify = 'on', clientAuthorities, clientDepth = 1, clientPassed = false, clientErrorPage } = asked.values
  if (clientVerify === 'off') return undefined
  if (!clientAuthorities) {
    if (asked.values.clientVerify !== undefined && clientVerify !== 'optional_no_ca') {
      asked.close(`Annotation ${asked.keyOf('clientVerify')} asks for certificates, and no Secret names the authorities.`)
    }
    return undefined
  }
  const authorities = ownSecret(asked, 'clientAuthorities', ['ca'])
  return (
    authorities && {
      authorities,
      wanted: wanted[clientVerify],
      depth: clientDepth,
      passed: clientPassed,
      ...(clientErrorPage ? { errorPage: clientErrorPage } : {}),
    }
  )
}

const usualHeaders =
  'DNT, Keep-Alive, User-Agent, X-Requested-With, If-Modified-Since, Cache-Control, Content-Type, Range, Authorization'

export function corsOf({ values }: Asked): Cors | undefined {
  if (!values.cors) return undefined
  return {
    origins: values.corsOrigins ?? ['*'],
    methods: values.corsMethods?.join(', ') ?? 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
    headers: values.corsHeaders?.join(', ') ?? usualHeaders,
    exposed: values.corsExposed?.join(', ') ?? '',
    credentials: values.corsCredentials ?? true,
    maxAgeSeconds: values.corsMaxAge ?? 1_728_000,
  }
}

export function ratesOf({ values }: Asked): readonly Rate[] {
  const times = values.burstMultiplier ?? 5
  const rate = (requests: number | undefined, seconds: 1 | 60): readonly Rate[] =>
    requests ? [{ requests, seconds, burst: requests * times }] : []
  return [...rate(values.ratePerSecond, 1), ...rate(values.ratePerMinute, 60)]
}
