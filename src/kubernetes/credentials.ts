// Who we are and where the API server is: in a cluster from the mounted ServiceAccount, elsewhere from a kubeconfig.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Clock } from './clock.ts'
import { CredentialsError } from './errors.ts'
import { kubeconfigCredentials } from './kubeconfig.ts'
import { serviceAccountCredentials } from './service-account.ts'

/** What a TLS connection is made with. */
export interface TlsIdentity {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

export interface Identity {
  /** Equal when `tls` has equal content: connections made with it may go on being used. */
  readonly generation: string
  readonly tls: TlsIdentity
  readonly headers: Readonly<Record<string, string>>
}

export interface Credentials {
  /** Base URL without a trailing slash. */
  readonly server: string
  /** The namespace of the ServiceAccount or of the kubeconfig's context. */
  readonly namespace: string | undefined
  /** The identity to use now. Files are read again when they may have changed; cheap enough to call for every request. */
  current(): Promise<Identity>
  /** The server said 401: forget what is cached, so that the next `current` reads or asks anew. */
  invalidate(): void
}

export interface CredentialsOptions {
  readonly clock: Clock
  /** A kubeconfig file. Without it: KUBECONFIG, the mounted ServiceAccount, then ~/.kube/config. */
  readonly kubeconfig?: string
  /** A context of the kubeconfig other than its current one. */
  readonly context?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where the ServiceAccount is mounted. */
  readonly serviceAccountDirectory?: string
}

/** Finds the credentials. Throws CredentialsError when there are none. */
export async function loadCredentials(options: CredentialsOptions): Promise<Credentials> {
  const { clock, context, env = process.env } = options
  const directory = options.serviceAccountDirectory ?? '/var/run/secrets/kubernetes.io/serviceaccount'
  const named = options.kubeconfig ?? env['KUBECONFIG']
  if (named) return kubeconfigCredentials({ clock, files: named.split(delimiter).filter(Boolean), context })

  const host = env['KUBERNETES_SERVICE_HOST']
  if (host && existsSync(join(directory, 'token'))) {
    return serviceAccountCredentials({ clock, directory, host, port: env['KUBERNETES_SERVICE_PORT'] ?? '443' })
  }
  const inHome = join(env['HOME'] ?? homedir(), '.kube', 'config')
  if (existsSync(inHome)) return kubeconfigCredentials({ clock, files: [inHome], context })
  throw new CredentialsError('no way to a cluster: no kubeconfig, and not in a pod with a ServiceAccount', {
    remedy: 'set KUBECONFIG or pass --kubeconfig',
  })
}
