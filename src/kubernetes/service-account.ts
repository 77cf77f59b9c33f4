// Credentials of a pod: the files that the kubelet mounts for its ServiceAccount and keeps fresh.
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Credentials, Identity } from './credentials.ts'
import { CredentialsError, messageOf } from './errors.ts'
import { cachedIdentity, generationOf } from './identity.ts'

export interface ServiceAccountOptions {
  readonly clock: Clock
  readonly directory: string
  readonly host: string
  readonly port: string
}

/**
 * Read here and not through client-node's KubeConfig: three files are all there is, and not loading that library (YAML,
 * OpenID, proxies, every API model) saves each agent 25 MB of memory.
 */
export async function serviceAccountCredentials({ clock, directory, host, port }: ServiceAccountOptions): Promise<Credentials> {
  const read = async (): Promise<Identity> => {
    try {
      const [ca, token] = await Promise.all([readFile(join(directory, 'ca.crt')), readFile(join(directory, 'token'), 'utf8')])
      return { generation: generationOf({ ca }), tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` } }
    } catch (cause) {
      throw new CredentialsError(`cannot read the ServiceAccount in ${directory}: ${messageOf(cause)}`, {
        remedy: 'let the pod mount its ServiceAccount token (automountServiceAccountToken)',
        cause,
      })
    }
  }
  const namespace = await readFile(join(directory, 'namespace'), 'utf8').catch(() => undefined)
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    namespace: namespace?.trim() || undefined,
    ...cachedIdentity(clock, read),
  }
}
