// Reads a certificate and its key as ImportCertificate takes them.
import type { KeyObject } from 'node:crypto'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { awsError } from '../errors.ts'
import type { AcmCertificate } from '../records.ts'

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

/** Key algorithms that ACM imports ("Prerequisites for importing", cryptographic algorithms), by what Node calls them. */
const algorithms: Readonly<Record<string, AcmCertificate['keyAlgorithm']>> = {
  rsa1024: 'RSA_1024',
  rsa2048: 'RSA_2048',
  rsa3072: 'RSA_3072',
  rsa4096: 'RSA_4096',
  ecprime256v1: 'EC_prime256v1',
  ecsecp384r1: 'EC_secp384r1',
  ecsecp521r1: 'EC_secp521r1',
}

function algorithmOf(key: KeyObject): AcmCertificate['keyAlgorithm'] {
  const details = key.asymmetricKeyDetails
  const algorithm = algorithms[`${key.asymmetricKeyType}${details?.modulusLength ?? details?.namedCurve}`]
  if (!algorithm) throw awsError('ValidationException', `Keys of type ${key.asymmetricKeyType} are not supported`)
  return algorithm
}
