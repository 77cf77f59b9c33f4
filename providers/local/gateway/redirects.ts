// Answers of the gateway itself: to HTTPS, to another URL, to the same host with or without `www.`, to the start page.
import type { Gateway } from './gateway.ts'
import type { RedirectAction, VirtualHost } from './envoy.ts'
import type { RedirectCode, RedirectTarget } from './settings.ts'

const codes = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
} as const satisfies Readonly<Record<RedirectCode, RedirectAction['response_code']>>

export function redirectTo({ scheme, host, port, path, before }: RedirectTarget, code: RedirectCode): RedirectAction {
  return {
    response_code: codes[code],
    ...(scheme === undefined ? {} : { scheme_redirect: scheme }),
    ...(host === undefined ? {} : { host_redirect: host }),
    ...(port === undefined ? {} : { port_redirect: port }),
    ...(path === undefined ? {} : { path_redirect: path, strip_query: true }),
    ...(before === undefined
      ? {}
      : { regex_rewrite: { pattern: { regex: '^/' }, substitution: `${escapeSubstitution(before)}/` } }),
  }
}

export function redirectToHttps({ https }: Gateway): RedirectAction {
  const port = https && https.publicPort !== 443 ? { port_redirect: https.publicPort } : {}
  return { response_code: 'PERMANENT_REDIRECT', https_redirect: true, ...port }
}

/** The whole path, whatever matched it, becomes `target`, in which `$1` stands for the first group of `pattern`. */
export function rewriteOf(pattern: { readonly regex: string; readonly groups: number }, target: string) {
  const substitution = escapeSubstitution(target).replaceAll(/\$([1-9])/g, (_, group: string) =>
    Number(group) <= pattern.groups ? `\\${group}` : '',
  )
  return { pattern: { regex: pattern.regex }, substitution }
}

/** An expression for a whole path that begins with what is matched. */
export function wholePath(expression: string): string {
  return `(?i)(?:${expression})(?s:.*)`
}

function escapeSubstitution(text: string): string {
  return text.replaceAll('\\', '\\\\')
}

/** For each host of an Ingress that asks for it: its other form, unless an Ingress names that one. */
export function otherWwwHosts({ model, settings }: Gateway): readonly VirtualHost[] {
  const hosts = [...model.hosts.values()].filter(({ host, routes, fallback }) => {
    if (host === '' || host.startsWith('*.') || model.hosts.has(otherWww(host))) return false
    return [...routes, ...(fallback ? [fallback] : [])].some(({ origin }) =>
      'ingress' in origin ? settings?.get(`${origin.ingress.namespace}/${origin.ingress.name}`)?.otherWww : false,
    )
  })
  // `shop.test` and `www.www.shop.test` have the same other form, and Envoy takes no name twice.
  const once = new Map<string, string>()
  for (const { host } of hosts) if (!once.has(otherWww(host))) once.set(otherWww(host), host)
  return [...once.values()].map(host => ({
    name: otherWww(host),
    domains: [otherWww(host)],
    routes: [
      {
        name: `other form of ${host}`,
        match: { prefix: '/' },
        redirect: { response_code: 'PERMANENT_REDIRECT', host_redirect: host },
      },
    ],
  }))
}

function otherWww(host: string): string {
  return host.startsWith('www.') ? host.slice(4) : `www.${host}`
}
