// What an error of a provider means for what is foretold: the object is refused, or nobody can tell.
import { ProviderError } from '../../provider.ts'
import type { Told } from './foretold.ts'

/** These are about the one who asks, who need not be the controller. */
const aboutTheAsker: ReadonlySet<string> = new Set([
  'AccessDenied',
  'CredentialsInvalid',
  'Throttled',
  'ProviderError',
  'NotConfigured',
])

/** Rethrows what is no word of a provider. */
export function failed(
  error: unknown,
  signal: AbortSignal,
): { readonly verdict: 'refused' | 'unknown'; readonly reason: string; readonly problems: readonly Told[] } {
  if (signal.aborted || !(error instanceof ProviderError)) throw error
  const { code, message, remedy } = error
  return { verdict: aboutTheAsker.has(code) ? 'unknown' : 'refused', reason: code, problems: [{ reason: code, message, remedy }] }
}
