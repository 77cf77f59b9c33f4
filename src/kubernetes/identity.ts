// An identity is cached for some seconds and numbered by its content, so that connections are remade only when it changed.
import { createHash } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Identity, TlsIdentity } from './credentials.ts'

/** Kubelet replaces tokens at 80 % of their life and CAs rarely: seconds of staleness do not matter, reads per request would. */
const freshForMs = 10_000

/** Caches what `read` gives for some seconds, and shares one reading among all who ask meanwhile. */
export function cachedIdentity(
  clock: Clock,
  read: () => Promise<Identity>,
): { current(): Promise<Identity>; invalidate(): void } {
  let cached: { readonly identity: Promise<Identity>; readonly until: number } | undefined
  return {
    current() {
      const now = clock.monotonic()
      if (cached && now < cached.until) return cached.identity
      const entry = { identity: read(), until: now + freshForMs }
      cached = entry
      entry.identity.catch(() => {
        if (cached === entry) cached = undefined
      })
      return entry.identity
    },
    invalidate() {
      cached = undefined
    },
  }
}

/** Numbers TLS material by content. */
export function generationOf(tls: TlsIdentity): string {
  const hash = createHash('sha256')
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)]) {
    hash.update(part ?? '').update('\0')
  }
  return hash.digest('base64')
}
