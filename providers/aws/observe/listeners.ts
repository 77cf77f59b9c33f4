// What stands at the load balancers of one owner and takes a call for each: listeners, their certificates, and attributes.
import type { Caller } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Stack } from '../model/stack.ts'
import type { Location } from '../provider/locations.ts'
import type { Attributes } from '../settings/aws-settings.ts'
import { foundListener } from '../snapshots/shapes.ts'
import type { FoundListener, FoundLoadBalancer, FoundTargetGroup } from '../snapshots/shapes.ts'

export async function listenersOf(
  { calls, pictures }: Location,
  balancers: readonly FoundLoadBalancer[],
  caller: Caller,
): Promise<readonly FoundListener[]> {
  const lists = await Promise.all(
    balancers.map(async ({ arn }) => {
      try {
        const { Listeners = [] } = await calls.elb('DescribeListeners', { LoadBalancerArn: arn }, caller)
        return pictures.listeners.over(Listeners.map(foundListener), ({ loadBalancer }) => loadBalancer === arn)
      } catch (error) {
        if (!isGone(error)) throw error
        pictures.loadBalancers.lost(arn)
        return []
      }
    }),
  )
  return lists.flat()
}

/** Of what stands, the attributes that the ledger does not tell: after a crash between creating and noting. */
export async function unknownAttributes(
  { calls }: Location,
  {
    record,
    stack,
    current,
    groups,
    listeners,
  }: {
    readonly record: LedgerRecord | undefined
    readonly stack: Stack
    readonly current: FoundLoadBalancer | undefined
    readonly groups: readonly FoundTargetGroup[]
    readonly listeners: readonly FoundListener[]
  },
  caller: Caller,
): Promise<ReadonlyMap<string, Attributes>> {
  const isKnown = (resource: string) => record?.attributes[resource] !== undefined
  const asked: Promise<readonly [string, Attributes]>[] = []
  if (current && !isKnown('load-balancer')) {
    asked.push(
      calls
        .elb('DescribeLoadBalancerAttributes', { LoadBalancerArn: current.arn }, caller)
        .then(({ Attributes }) => [current.arn, pairs(Attributes)]),
    )
  }
  for (const { key, name } of stack.targetGroups) {
    const found = groups.find(group => group.name === name)
    if (!found || isKnown(`target-group/${key}`)) continue
    asked.push(
      calls
        .elb('DescribeTargetGroupAttributes', { TargetGroupArn: found.arn }, caller)
        .then(({ Attributes }) => [found.arn, pairs(Attributes)]),
    )
  }
  for (const { arn, port, loadBalancer } of listeners) {
    if (loadBalancer !== current?.arn || isKnown(`listener/${port}`)) continue
    asked.push(
      calls.elb('DescribeListenerAttributes', { ListenerArn: arn }, caller).then(({ Attributes }) => [arn, pairs(Attributes)]),
    )
  }
  return new Map(await Promise.all(asked))
}

export async function unknownCertificates(
  { calls }: Location,
  record: LedgerRecord | undefined,
  listeners: readonly FoundListener[],
  caller: Caller,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const asked = listeners.filter(
    ({ protocol, port }) =>
      (protocol === 'TLS' || protocol === 'HTTPS') && record?.attributes[`certificates/${port}`] === undefined,
  )
  const answers = await Promise.all(
    asked.map(async ({ arn }) => {
      const { Certificates = [] } = await calls.elb('DescribeListenerCertificates', { ListenerArn: arn }, caller)
      const further = Certificates.flatMap(({ CertificateArn, IsDefault }) => (IsDefault === true ? [] : (CertificateArn ?? [])))
      return [arn, further] as const
    }),
  )
  return new Map(answers)
}

function pairs(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Attributes {
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
}
