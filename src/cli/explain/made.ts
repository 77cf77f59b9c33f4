// What was made at AWS for a Service or an Ingress, as its LoadBalancer object has it on record.
import type { LoadBalancer } from '../../api/load-balancer.ts'
import type { Snapshot } from '../snapshot.ts'
import { fact, type Fact } from '../view.ts'

/** More than one while it moves from one load balancer to another. */
export function loadBalancersOf(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  kind: 'Service' | 'Ingress',
  { loadBalancers }: Pick<Snapshot, 'loadBalancers'>,
): readonly LoadBalancer[] {
  return loadBalancers.filter(({ spec }) =>
    spec.members.some(member => member.kind === kind && member.namespace === namespace && member.name === name),
  )
}

/** Where it is, with whom it is shared, every resource with its ARN or id, targets by group, and what was said of it last. */
export function madeFacts(found: readonly LoadBalancer[]): readonly Fact[] {
  return found.flatMap(({ spec, status = {} }) => {
    const { ids = {}, applied, place, dnsName, scheme, openings = {}, retiring = [], conditions = [] } = status
    const name = spec.group ?? spec.ingressGroup?.name
    const group = name === undefined || spec.members.length < 2 ? '' : `, group ${name} (${spec.memberNames ?? ''})`
    const said = conditions.find(({ type }) => type === 'Ready')
    const opened = Object.entries(openings).map(([security, ports]) => `${security}  ${ports.join(', ')}`)
    return [
      fact(
        'made in',
        `${place?.region ?? 'AWS'} ${place?.vpcId ?? ''}`.trim() + (scheme === undefined ? '' : `, ${scheme}`) + group,
      ),
      fact('resources', ...Object.entries(ids).map(([resource, id]) => `${resource}  ${id}`)),
      ...(opened.length > 0 ? [fact('opened', ...opened)] : []),
      ...(dnsName ? [fact('DNS name', dnsName)] : []),
      ...(retiring.length > 0 ? [fact('goes later', ...retiring.map(({ id, since }) => `${id}, replaced ${since}`))] : []),
      fact('applied', applied ? applied.at : 'never in full'),
      ...(said ? [fact('at AWS', said.message)] : []),
    ]
  })
}

export function madeData(found: readonly LoadBalancer[]): { readonly loadBalancers?: readonly object[] } {
  if (found.length === 0) return {}
  return {
    loadBalancers: found.map(({ metadata, spec, status = {} }) => ({
      name: metadata.name,
      members: spec.members.map(({ kind, namespace, name }) => ({ kind, namespace, name })),
      place: status.place,
      dnsName: status.dnsName,
      resources: status.ids,
      applied: status.applied?.at,
    })),
  }
}
