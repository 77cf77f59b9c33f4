// The other Services that annotations forward to: their endpoints are targets too. Pure.
import { readSuffixed } from './suffixed.ts'

/** Names in the namespace of the annotated Service, sorted, each once. */
export function forwardedServices(annotations: Readonly<Record<string, string>> | undefined): readonly string[] {
  if (!annotations || !Object.keys(annotations).some(key => key.includes('/actions.'))) return []
  const forwards = [...readSuffixed(annotations).values.forwardByListener.values()]
  const names = forwards.flatMap(({ targets }) => targets.flatMap(target => (target.to === 'service' ? [target.name] : [])))
  return [...new Set(names)].toSorted()
}
