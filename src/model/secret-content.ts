// What the Secrets that Ingresses name hold, and what is wrong with it. Nothing of a key is ever in a message.
import { X509Certificate, createHash, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { type Reason, reasons } from '../api/reasons.ts'
import { firstFew } from './first-few.ts'
import type { CertificateFacts, SecretContent, SecretKind, SecretRef } from './ingress-group.ts'
import type { Problem } from './load-balancer.ts'

/** `data` of a Secret: base64 by field. */
export type SecretData = Readonly<Record<string, string>>

export type SecretVerdict =
  | { readonly content: SecretContent; readonly certificate?: CertificateFacts }
  | { readonly problem: Problem }

/** Reads a Secret for what it is used for. */
export function readSecretContent(ref: SecretRef, data: SecretData | undefined): SecretVerdict {
  const named = `Secret ${ref.namespace}/${ref.name}`
  try {
    return readers[ref.kind](fieldsOf(data ?? {}, named))
  } catch (error) {
    if (error instanceof Unusable) return { problem: problem('InvalidSecret', error.message) }
    throw error
  }
}

/** What is to be said of a usable certificate at a time: it is over, or has not begun. */
export function certificateAge(
  { namespace, name }: Pick<SecretRef, 'namespace' | 'name'>,
  { notBefore, notAfter }: CertificateFacts,
  nowMs: number,
): Problem | undefined {
  const named = `The certificate in Secret ${namespace}/${name}`
  if (nowMs > Date.parse(notAfter)) return warning('CertificateExpired', `${named} ended on ${notAfter}.`)
  if (nowMs < Date.parse(notBefore)) return warning('CertificateExpired', `${named} begins only on ${notBefore}.`)
  return undefined
}

/** Whether clients that ask for `host` accept a certificate with these names (RFC 6125: an asterisk is one whole label). */
export function coversHost(names: readonly string[], host: string): boolean {
  const [, ...rest] = host.split('.')
  return names.includes(host) || (rest.length > 0 && names.includes(`*.${rest.join('.')}`))
}

/** Says that a certificate is shown for hosts that it does not name. */
export function uncoveredHosts(
  { namespace, name }: Pick<SecretRef, 'namespace' | 'name'>,
  { names }: CertificateFacts,
  hosts: readonly string[],
): Problem | undefined {
  const missing = hosts.filter(host => host !== '' && !coversHost(names, host))
  if (missing.length === 0) return undefined
  const has = names.length === 0 ? 'it names no host' : `it names ${firstFew(names)}`
  return warning(
    'CertificateNotForHost',
    `The certificate in Secret ${namespace}/${name} is not for ${firstFew(missing)}: ${has}.`,
  )
}

/** Every route that asks for passwords carries the users. */
const mostUsers = 65_536

class Unusable extends Error {}

interface Fields {
  readonly named: string
  text(field: string): string
  /** Of all fields, sorted. */
  readonly names: readonly string[]
  /** Of two fields the one that is there. */
  either(field: string, other: string): string
}

function fieldsOf(data: SecretData, named: string): Fields {
  return {
    named,
    names: Object.keys(data).toSorted(),
    text(field) {
      const value = data[field]
      if (value === undefined || value === '') throw new Unusable(`${named} has no ${field}.`)
      return Buffer.from(value, 'base64').toString('utf8')
    },
    either(field, other) {
      return this.text(data[field] ? field : data[other] ? other : field)
    },
  }
}

const readers: Readonly<Record<SecretKind, (fields: Fields) => SecretVerdict>> = {
  tls(fields) {
    const [chain, key] = [fields.text('tls.crt'), fields.text('tls.key')]
    const [first] = certificatesIn(chain, fields.named, 'tls.crt')
    const privateKey = keyIn(key, fields.named)
    if (!first?.checkPrivateKey(privateKey)) {
      throw new Unusable(`The key in tls.key of ${fields.named} is not that of the first certificate in tls.crt.`)
    }
    const weakness = weaknessOf(privateKey)
    if (weakness) throw new Unusable(`The key in tls.key of ${fields.named} ${weakness}, which is not served.`)
    return { content: { kind: 'tls', fingerprint: fingerprint(chain, key), chain, key }, certificate: factsOf(first) }
  },
  ca(fields) {
    const chain = fields.text('ca.crt')
    certificatesIn(chain, fields.named, 'ca.crt')
    return { content: { kind: 'ca', fingerprint: fingerprint(chain), chain } }
  },
  'basic-auth'(fields) {
    const users = fields.names.includes('auth') ? fields.text('auth') : usersOf(fields)
    if (users.length > mostUsers) throw new Unusable(`${fields.named} holds more than ${mostUsers} characters of users.`)
    const lines = users.split(/\r?\n/).filter(line => line.trim() !== '' && !line.startsWith('#'))
    const bad = lines.findIndex(line => !/^[^:]+:.+$/.test(line))
    if (lines.length === 0) throw new Unusable(`The field auth of ${fields.named} names no user.`)
    if (bad >= 0) throw new Unusable(`Entry ${bad + 1} in the field auth of ${fields.named} is not a user, a colon and a hash.`)
    return { content: { kind: 'basic-auth', fingerprint: fingerprint(users), users } }
  },
  oidc(fields) {
    const [clientId, clientSecret] = [fields.either('clientID', 'clientId').trim(), fields.text('clientSecret').trim()]
    return { content: { kind: 'oidc', fingerprint: fingerprint(clientId, clientSecret), clientId, clientSecret } }
  },
}

/** A field for each user, which holds the hash. A Secret that holds anything else is for something else, and is not copied. */
function usersOf(fields: Fields): string {
  const lines = fields.names.map(name => [name, fields.text(name).trim()] as const)
  const other = lines.find(([, hash]) => !/^(?:\{[A-Z]+\}|\$)\S+$/.test(hash))
  if (other || lines.length === 0) throw new Unusable(`${fields.named} has no auth, and is no list of users and hashes.`)
  return lines.map(([name, hash]) => `${name}:${hash}`).join('\n')
}

const [pemBegin, pemEnd] = ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----']

/** Goes over the text once, whatever stands in it: whoever may write a Secret must not be able to keep the controller busy. */
function pemBlocks(pem: string): readonly string[] {
  const blocks: string[] = []
  for (let at = 0; ; ) {
    const start = pem.indexOf(pemBegin, at)
    const end = start < 0 ? -1 : pem.indexOf(pemEnd, start + pemBegin.length)
    if (end < 0) return blocks
    at = end + pemEnd.length
    blocks.push(pem.slice(start, at))
  }
}

function certificatesIn(pem: string, named: string, field: string): readonly X509Certificate[] {
  const blocks = pemBlocks(pem)
  if (blocks.length === 0) throw new Unusable(`${field} of ${named} holds no certificate in PEM.`)
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw new Unusable(`Certificate ${index + 1} in ${field} of ${named} cannot be read.`)
    }
  })
}

/** The error of the library is not passed on: nobody knows what it quotes. */
function keyIn(pem: string, named: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Unusable(`tls.key of ${named} holds no private key in PEM that can be read without a password.`)
  }
}

/** What Envoy refuses, and with it everything that comes beside; ACM takes little more. */
function weaknessOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'rsa') return modulusLength < 2048 ? `is RSA with ${modulusLength} bits` : undefined
  if (asymmetricKeyType !== 'ec') return `is of type ${asymmetricKeyType ?? 'unknown'}`
  return ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve) ? undefined : `is on the curve ${namedCurve}`
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    names: dnsNames(certificate.subjectAltName ?? ''),
    notBefore: rfc3339(certificate.validFromDate),
    notAfter: rfc3339(certificate.validToDate),
  }
}

/** `DNS:a.example.com, IP Address:192.0.2.1`; clients look at nothing else of a certificate. */
function dnsNames(alternatives: string): readonly string[] {
  return alternatives
    .split(', ')
    .filter(each => each.startsWith('DNS:'))
    .map(each => each.slice('DNS:'.length).toLowerCase())
}

function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

function fingerprint(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex')
}

function problem(reason: Reason, message: string): Problem {
  return { reason, message, remedy: reasons[reason].remedy, severity: 'blocks' }
}

function warning(reason: Reason, message: string): Problem {
  return { ...problem(reason, message), severity: 'warns' }
}
