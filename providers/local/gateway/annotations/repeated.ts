// How much of an Ingress's lists stands in the configuration of every node, where Envoy has them once for each route.
import type { Ingress } from '../../../../src/model/ingress-objects.ts'
import type { Asked } from './asked.ts'

/** Of the lists of one Ingress in all its routes, in bytes: far more than people ask for, and far less than hurts an Envoy. */
export const mostRepeatedBytes = 1024 * 1024

/** Closes the routes of an Ingress whose lists of clients, times its routes, are too much: without them anybody could come in. */
export function boundRepeated({ values, keyOf, close }: Asked, spec: Ingress['spec']): void {
  const { allow, deny, aliases } = values
  const listBytes = [...(allow ?? []), ...(deny ?? [])].reduce((sum, cidr) => sum + cidr.length + 1, 0)
  const paths = (spec?.rules ?? []).reduce((sum, { http }) => sum + (http?.paths?.length ?? 0), spec?.defaultBackend ? 1 : 0)
  const routes = paths * (1 + (aliases?.length ?? 0))
  if (listBytes * routes <= mostRepeatedBytes) return
  const names = [allow && keyOf('allow'), deny && keyOf('deny')].filter(name => name !== undefined).join(' and ')
  close(
    `What ${names} list (${listBytes} bytes) is repeated in each of ${routes} routes, which is more than ${mostRepeatedBytes} bytes: name fewer and wider ranges, or split the Ingress.`,
  )
}
