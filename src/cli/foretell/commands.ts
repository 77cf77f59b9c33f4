// The commands `plan` and `diff`: what they read, and for which objects they foretell.
import type { Clock } from '../../kubernetes/clock.ts'
import { keyOf, makeKey } from '../../kubernetes/objects.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import type { ObjectName } from '../arguments.ts'
import { diffView } from '../diff.ts'
import { MissingError } from '../missing.ts'
import { planView } from '../plan.ts'
import type { View } from '../view.ts'
import { foretellEverything } from './everything.ts'
import type { MakeForetellers } from './foreteller.ts'
import type { Foretold } from './foretold.ts'
import { foretellIngress } from './ingress.ts'
import { livingAgents } from './liveness.ts'
import { manifestOf } from './manifests.ts'
import { openForetelling } from './open.ts'
import { foretellService } from './service.ts'

export interface ForetellingAround {
  readonly transport: Transport
  readonly clock: Clock
  readonly systemNamespace: string
  /** For what names none. */
  readonly namespace: string
  readonly makeForetellers: MakeForetellers
}

/** Plans for the Services and Ingresses of `objects` (of a file), or for the one that is named. Throws MissingError. */
export async function planned(
  asked: { readonly objects: readonly unknown[] } | { readonly name: ObjectName },
  around: ForetellingAround,
  signal: AbortSignal,
): Promise<View> {
  using ending = endingWith(signal)
  const manifests = 'objects' in asked ? asked.objects.map(manifestOf) : []
  const opened = await openForetelling(around, manifests, ending.signal)
  const { services, ingresses } = opened.imagined.stores
  const foretold: Foretold[] = []
  const tell = async (kind: ObjectName['kind'], key: string) => {
    const service = kind === 'service' ? services.get(key) : undefined
    const ingress = kind === 'ingress' ? ingresses.get(key) : undefined
    if (service) foretold.push(await foretellService(service, opened, ending.signal))
    else if (ingress) foretold.push(...(await foretellIngress(ingress, opened, ending.signal)))
    else throw new MissingError(`there is no ${kind === 'service' ? 'Service' : 'Ingress'} ${key}`)
  }
  if ('name' in asked) {
    const { kind, namespace = around.namespace, name } = asked.name
    await tell(kind, makeKey(namespace, name))
    return planView(foretold)
  }
  for (const each of opened.imaginings) {
    if (each.kind !== 'put') continue
    if (each.manifest.kind === 'Ingress') await tell('ingress', each.key)
    const service = each.manifest.kind === 'Service' ? services.get(each.key) : undefined
    if (service && (service.spec.type === 'LoadBalancer' || (service.metadata.finalizers ?? []).length > 0))
      await tell('service', each.key)
  }
  return planView(foretold, opened.imaginings)
}

/** Compares one object, those of a namespace, or all. Throws MissingError. */
export async function differing(
  asked: { readonly name?: ObjectName; readonly namespace?: string },
  around: ForetellingAround,
  signal: AbortSignal,
): Promise<View> {
  using ending = endingWith(signal)
  const opened = await openForetelling(around, [], ending.signal, { settles: false })
  const { stores } = opened.imagined
  const snapshot = {
    services: [...stores.services.values()],
    ingresses: [...stores.ingresses.values()],
    announcements: [...stores.announcements.values()],
  }
  const { name, namespace } = asked
  const key = name && makeKey(name.namespace ?? around.namespace, name.name)
  const named = name?.kind === 'service' ? snapshot.services : snapshot.ingresses
  if (name && key !== undefined && !named.some(object => keyOf(object) === key))
    throw new MissingError(`there is no ${name.kind === 'service' ? 'Service' : 'Ingress'} ${key}`)
  return diffView({
    foretold: await foretellEverything(opened, ending.signal),
    snapshot,
    living: livingAgents(stores.leases.values()),
    isAsked: object =>
      name === undefined
        ? namespace === undefined || object.namespace === namespace
        : object.kind === name.kind && makeKey(object.namespace, object.name) === key,
  })
}

/** Ends what the providers follow when the answer is there. */
function endingWith(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const done = new AbortController()
  return {
    signal: AbortSignal.any([signal, done.signal]),
    [Symbol.dispose]: () => done.abort(new Error('the answer is there')),
  }
}
