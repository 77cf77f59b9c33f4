// Takes secrets out of what is shown: fields that carry one by their name, and texts that look like one.

/** Compared without case and without anything but letters. */
const secretNames: ReadonlySet<string> = new Set([
  'authorization',
  'token',
  'bearertoken',
  'idtoken',
  'accesstoken',
  'refreshtoken',
  'sessiontoken',
  'password',
  'passwd',
  'clientsecret',
  'secretaccesskey',
  'privatekey',
  'clientkey',
  'clientkeydata',
  'tlskey',
  'cookie',
  'setcookie',
])

/** A bearer token; a JSON web token; a private key as PEM; the secret half of a key of AWS behind its name. */
const secretTexts =
  /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|(?<=(?:secret_?access_?key|client_?secret|password|token)["']?\s*[=:]\s*["']?)[^\s"',;&]{6,}/gi

export const censored = '[redacted]'

/** Deeper than anything that is logged. What lies below is left out, and so is what refers to itself. */
const deepest = 12

/** `value` without secrets; the same value where there is none. Objects of classes are left to whoever knows how to print them. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return withoutSecretText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > deepest) return '[too deep]'
  if (Array.isArray(value)) {
    const cleaned = value.map(each => withoutSecrets(each, depth + 1))
    return cleaned.some((each, index) => each !== value[index]) ? cleaned : value
  }
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value
  let cleaned: Record<string, unknown> | undefined
  // Data of a Secret, whatever its keys are called; `tls` and `key` are what the transport is made of.
  const isSecret = 'kind' in value && value.kind === 'Secret'
  for (const [name, inner] of Object.entries(value)) {
    const hides = isSecretName(name) || (isSecret && (name === 'data' || name === 'stringData'))
    const shown = hides && inner !== undefined && inner !== null ? censored : withoutSecrets(inner, depth + 1)
    if (shown !== inner) (cleaned ??= { ...value })[name] = shown
  }
  return cleaned ?? value
}

export function withoutSecretText(text: string): string {
  // Most lines are short and tell of none.
  return text.length < 12 ? text : text.replaceAll(secretTexts, censored)
}

function isSecretName(name: string): boolean {
  return secretNames.has(name.replaceAll(/[^a-z]/gi, '').toLowerCase())
}
