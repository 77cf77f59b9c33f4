// Follows the copies of Secrets in weir-system without their contents: whoever only compares fingerprints need hold no keys.
import { copiedSecretLabel } from '../api/group.ts'
import { startReflector } from '../kubernetes/reflector.ts'
import { createStore } from '../kubernetes/store.ts'
import type { Store } from '../kubernetes/store.ts'
import type { Controller } from './controller.ts'
import type { ProviderSurroundings } from './provider-parts.ts'
import { secrets } from './resources.ts'
import type { Secret } from './resources.ts'

export interface Copies {
  readonly store: Store<Secret>
  readonly following: Controller
}

export function followCopies({
  transport,
  clock,
  random,
  log,
  namespace,
}: Pick<ProviderSurroundings, 'transport' | 'clock' | 'random' | 'log' | 'namespace'>): Copies {
  const store = createStore<Secret>()
  const reflector = startReflector({
    transport,
    resource: secrets,
    store,
    namespace,
    labelSelector: copiedSecretLabel,
    prune: ({ metadata, type }) => ({ metadata, ...(type === undefined ? {} : { type }) }),
    clock,
    random,
    logger: log.child({ resource: 'secrets' }),
  })
  return { store, following: { name: 'secret-copies', stop: () => reflector.stop() } }
}
