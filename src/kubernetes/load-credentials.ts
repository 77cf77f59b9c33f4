// Finds out who we are and where the API server is: in a cluster from the mounted ServiceAccount, elsewhere from a kubeconfig.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { CredentialsError } from './errors.ts'
import { kubeconfigCredentials } from './kubeconfig.ts'
import { serviceAccountCredentials } from './service-account.ts'

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
