// A certificate for tests that import one, made by openssl.
import { run } from '../lab/command.ts'

/** A self-signed certificate for a name and its key, as PEM. */
export async function selfSigned(domain: string): Promise<{ readonly certificate: Uint8Array; readonly key: Uint8Array }> {
  const subject = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`]
  const output = await run([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-keyout',
    '-',
    ...subject,
  ])
  const [key = ''] = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n/.exec(output) ?? []
  const [certificate = ''] = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/.exec(output) ?? []
  return { certificate: Buffer.from(certificate), key: Buffer.from(key) }
}
