// Reads a certificate and its key as ImportCertificate takes them.
import type { KeyObject } from 'node:crypto'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { awsError } from '../errors.ts'
import type { AcmCertificate } from '../world.ts'

type Parsed = Pick<AcmCertificate, 'domain' | 'names' | 'keyAlgorithm' | 'notBefore' | 'notAfter'>

/** Throws ValidationException when the parts do not parse or fit, or the certificate is not valid now ("Prerequisites for importing"). */
export function parseImported(
  input: { readonly Certificate?: Uint8Array | undefined; readonly PrivateKey?: Uint8Array | undefined },
  now: number,
): Parsed {
  const certificate = parse('certificate', () => new X509Certificate(Buffer.from(input.Certificate ?? [])))
  const key = parse('private key', () => createPrivateKey(Buffer.from(input.PrivateKey ?? [])))
  if (!certificate.checkPrivateKey(key)) throw awsError('ValidationException', 'The certificate and the private key do not match')
  const [notBefore, notAfter] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (now < notBefore || now > notAfter) throw awsError('ValidationException', 'The certificate is not valid at this time')
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter(name => name.startsWith('DNS:'))
    .map(name => name.slice(4))
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1]
  return {
    domain: common ?? names[0] ?? '',
    names: names.length > 0 ? names : [common ?? ''],
    keyAlgorithm: algorithmOf(certificate.publicKey),
    notBefore,
    notAfter,
  }
}

function parse<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw awsError('ValidationException', `The ${what} is not valid PEM`)
  }
}

function algorithmOf(key: KeyObject): string {
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'rsa') return `RSA_${details?.modulusLength}`
  if (key.asymmetricKeyType === 'ec') return `EC_${details?.namedCurve}`
  throw awsError('ValidationException', `Keys of type ${key.asymmetricKeyType} are not supported`)
}
