// What a Secret holds for logging in, where an Application Load Balancer asks a provider of identities.
import { ApiError } from '../kubernetes/errors.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { secrets } from './resources.ts'

/** The client of a provider of identities that a Secret holds, by the keys that AWS Load Balancer Controller has for it. */
export async function oidcClientIn(
  { writer }: { readonly writer: Pick<Writer, 'get'> },
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly secret: string } | undefined> {
  try {
    const { data = {} } = await writer.get(secrets, name, namespace, { signal })
    const [id, secret] = [data['clientID'] ?? data['clientId'], data['clientSecret']].map(text =>
      Buffer.from(text ?? '', 'base64')
        .toString()
        .trim(),
    )
    return id && secret ? { id, secret } : undefined
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined
    throw error
  }
}
