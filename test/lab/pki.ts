// Certificates and keys of a lab's cluster, made with openssl: one authority, an identity for every component.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'

export type KeyPair = { readonly cert: string; readonly key: string }

export type Authority = {
  /** Path of the authority's certificate. */
  readonly ca: string
  /** Paths of the key that signs ServiceAccount tokens and of its public half. */
  readonly serviceAccount: { readonly key: string; readonly pub: string }
  /** Gives a certificate for a user of the API (`groups` become organisations, RFC 5280 O) or for a server with these names. */
  issue(request: CertificateRequest): Promise<KeyPair>
}

export type CertificateRequest = {
  readonly file: string
  readonly user: string
  readonly groups?: readonly string[]
  /** subjectAltName entries, "IP:10.96.0.1" or "DNS:kubernetes". */
  readonly names?: readonly string[]
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Makes a fresh authority in `dir`. Needs the program openssl (3.0 or newer). */
export async function createAuthority(dir: string, signal?: AbortSignal): Promise<Authority> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const ca = join(dir, 'ca.crt')
  const serviceAccount = { key: join(dir, 'service-account.key'), pub: join(dir, 'service-account.pub') }
  await Promise.all([
    run(
      ['openssl', 'req', '-x509', ...curve, '-keyout', join(dir, 'ca.key'), '-out', ca, '-days', '3650', '-subj', '/CN=weir-lab'],
      { signal },
    ),
    run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', serviceAccount.key], { signal }).then(() =>
      run(['openssl', 'ec', '-in', serviceAccount.key, '-pubout', '-out', serviceAccount.pub], { signal }),
    ),
  ])
  return openAuthority(dir)
}

/** The authority that was made in `dir` before. */
export function openAuthority(dir: string): Authority {
  return {
    ca: join(dir, 'ca.crt'),
    serviceAccount: { key: join(dir, 'service-account.key'), pub: join(dir, 'service-account.pub') },
    issue: async request => {
      const pair = { cert: join(dir, `${request.file}.crt`), key: join(dir, `${request.file}.key`) }
      const subject = [...(request.groups ?? []).map(group => `O=${group}`), `CN=${request.user}`]
        .map(part => `/${part}`)
        .join('')
      const names = request.names?.length ? ['-addext', `subjectAltName=${request.names.join(',')}`] : []
      const files = ['-CA', join(dir, 'ca.crt'), '-CAkey', join(dir, 'ca.key'), '-keyout', pair.key, '-out', pair.cert]
      const leaf = ['-days', '3650', '-subj', subject, '-addext', 'basicConstraints=critical,CA:FALSE', ...names]
      await run(['openssl', 'req', '-x509', ...curve, ...files, ...leaf])
      return pair
    },
  }
}

/** Writes a kubeconfig with the certificate of one user, everything inline, and answers its path. */
export function writeKubeconfig(path: string, server: string, ca: string, user: KeyPair | { readonly token: string }): string {
  const inline = (file: string) => readFileSync(file).toString('base64')
  const credentials =
    'token' in user
      ? { token: user.token }
      : { 'client-certificate-data': inline(user.cert), 'client-key-data': inline(user.key) }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority-data': inline(ca) } }],
    users: [{ name: 'lab', user: credentials }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
    'current-context': 'lab',
  }
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
  return path
}
