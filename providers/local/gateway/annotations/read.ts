// From the annotations of an Ingress to its settings, and to everything about them that its owner must be told.
import type { Ingress } from '../../../../src/model/ingress-objects.ts'
import type { Problem } from '../../../../src/model/load-balancer.ts'
import { refusal } from '../../../../src/model/routing/refusal.ts'
import { type IngressSettings, plainSettings, type UrlTarget } from '../settings.ts'
import { closing, readAnnotations, warning } from './rows.ts'
import type { Asked, NamedSecret, ReadingOptions } from './asked.ts'
import { authOf, clientCertificateOf, corsOf, ratesOf } from './access-settings.ts'
import { boundRepeated } from './repeated.ts'
import { canaryOf, retriesOf, timeoutsOf, upstreamOf } from './backend-settings.ts'

export interface SettingsReading {
  readonly settings: IngressSettings
  readonly problems: readonly Problem[]
  /** Secrets that annotations name, all of the namespace of the Ingress. */
  readonly secrets: readonly NamedSecret[]
  /** Services of the namespace that annotations name. */
  readonly services: readonly string[]
}

/** Reads an Ingress alone. Pure; never throws. What cannot be used is told, and closes the routes if they would be open without it. */
export function readSettings({ metadata, spec }: Ingress, options: ReadingOptions = {}): SettingsReading {
  const read = readAnnotations(metadata.annotations)
  const { values } = read
  const problems = [...read.problems]
  let { closed } = read
  const asked: Asked = {
    namespace: metadata.namespace ?? '',
    values,
    keyOf: sets => read.keys.get(sets) ?? sets,
    options,
    problems,
    secrets: [],
    services: new Set(),
    close: message => {
      problems.push(closing(message, text => (closed ??= text)))
    },
  }
  const settings = { ...plainSettings, ...settingsOf(asked) }
  boundRepeated(asked, spec)
  const isCanary = values.canary === true
  return {
    // The main Ingress decides who may come in to what its canary shares.
    settings: closed === undefined || isCanary ? settings : { ...settings, closed },
    problems,
    secrets: asked.secrets,
    services: [...asked.services],
  }
}

function settingsOf(asked: Asked): Partial<IngressSettings> {
  const { values } = asked
  const { aliases, regex, rewrite } = values
  const canary = canaryOf(asked)
  const redirect = values.temporalRedirect ?? values.permanentRedirect
  const code = values.temporalRedirect ? (values.temporalRedirectCode ?? 302) : (values.permanentRedirectCode ?? 301)
  const bodyBytes = values.bodyBytes || undefined
  const [cors, clientCertificate, mirror, auth] = [corsOf(asked), clientCertificateOf(asked), mirrorOf(asked), authOf(asked)]
  return {
    ways: {
      ...(canary ? { canary: true } : {}),
      ...(regex || rewrite !== undefined ? { regex: true } : {}),
      ...(aliases ? { aliases } : {}),
    },
    httpsRedirect: values.forceSslRedirect ? 'always' : values.sslRedirect === false ? 'never' : 'with-certificate',
    ...(redirect ? { redirect: { to: redirect, code } } : {}),
    ...(values.appRoot === undefined ? {} : { appRoot: values.appRoot }),
    otherWww: values.otherWww ?? false,
    ...(rewrite === undefined ? {} : { rewrite }),
    sources: { ...(values.allow ? { allow: values.allow } : {}), deny: values.deny ?? [] },
    ...auth,
    ...(clientCertificate ? { clientCertificate } : {}),
    ...(cors ? { cors } : {}),
    rates: ratesOf(asked),
    ...(bodyBytes === undefined ? {} : { bodyBytes }),
    timeouts: timeoutsOf(asked),
    retries: retriesOf(asked),
    upstream: upstreamOf(asked),
    ...(values.upstreamHost === undefined ? {} : { upstreamHost: values.upstreamHost }),
    requestHeaders: [
      ...(values.requestHeaders ?? []),
      ...(values.forwardedPrefix === undefined ? [] : [{ name: 'x-forwarded-prefix', value: values.forwardedPrefix }]),
    ],
    responseHeaders: values.responseHeaders ?? [],
    ...(canary ? { canary } : {}),
    ...fallbackOf(asked),
    ...(mirror ? { mirror } : {}),
  }
}

function fallbackOf({ values, services, problems, keyOf }: Asked): Partial<IngressSettings> {
  const { fallbackService, errorCodes } = values
  if (fallbackService !== undefined) services.add(fallbackService)
  else if (errorCodes) {
    const message = `Annotation ${keyOf('errorCodes')} has no effect without default-backend.`
    problems.push(warning('SettingWithoutEffect', message, 'Name the Service that answers in default-backend.'))
  }
  return fallbackService === undefined ? {} : { fallbackService, errorCodes: errorCodes ?? [] }
}

function mirrorOf(asked: Asked): UrlTarget | undefined {
  const { mirror } = asked.values
  if (!mirror) return undefined
  if (mirror.service?.namespace === asked.namespace) {
    asked.services.add(mirror.service.name)
    return mirror
  }
  const message = `Annotation ${asked.keyOf('mirror')} does not lead to a Service of the namespace; nothing is copied.`
  asked.problems.push(refusal('InvalidAnnotation', message))
  return undefined
}
