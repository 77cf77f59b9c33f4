// Listeners: a fresh target group is put beside the old one with weight 0 until it is healthy, and only then takes over. Pure.
import type { AwsAction } from '../actions.ts'
import type { Seen } from '../model/seen.ts'
import type { NetworkStack, StackListener } from '../model/stack.ts'
import type { FoundListener } from '../snapshots/shapes.ts'
import { currentOf, lookAgainMs } from './balancer.ts'
import { hasLeft, leftBehind } from './clean.ts'
import { changesOf, recorded } from './believed.ts'

/** How long a listener keeps to the old target group while the fresh one is not healthy. */
export const longestFillMs = 5 * 60_000

export function listenerSteps(stack: NetworkStack, seen: Seen): readonly AwsAction[] {
  const arn = currentOf(stack, seen)?.arn
  const present = seen.listeners.filter(({ loadBalancer }) => loadBalancer === arn)
  const steps = stack.listeners.map(listener =>
    stepsOf(
      listener,
      present.find(({ port }) => port === listener.port),
      seen,
      stack,
    ),
  )
  const superfluous = present.filter(({ port }) => !stack.listeners.some(listener => listener.port === port))
  const waits = steps.flatMap(({ wait }) => wait ?? [])
  return [
    ...steps.flatMap(({ actions }) => actions),
    ...superfluous.map(({ arn, port }): AwsAction => ({ kind: 'delete-listener', arn, port })),
    ...leftBehind(stack, seen),
    ...waits.slice(0, 1),
  ]
}

interface Steps {
  readonly actions: readonly AwsAction[]
  readonly wait?: AwsAction
}

function stepsOf(listener: StackListener, found: FoundListener | undefined, seen: Seen, stack: NetworkStack): Steps {
  const { port, attributes } = listener
  const further = certificateSteps(listener, found, seen)
  const changes = changesOf(attributes, seen, { resource: `listener/${port}`, arn: found?.arn })
  const after: AwsAction[] = [
    ...further.add,
    ...(Object.keys(changes).length > 0 ? [{ kind: 'set-listener-attributes', port, attributes: changes } as const] : []),
    ...further.remove,
  ]
  if (!found) return { actions: [{ kind: 'create-listener', listener }, ...after] }
  const stage = stageOf(listener, found, seen, stack)
  const staged: StackListener = { ...listener, forward: stage.forward, ...stage.stays }
  const isSame =
    found.protocol === staged.protocol &&
    found.certificate === staged.certificates[0] &&
    (staged.tlsPolicy === undefined || found.policy === staged.tlsPolicy) &&
    (found.alpn ?? 'None') === (staged.alpnPolicy ?? 'None') &&
    found.stickiness === listener.stickiness &&
    forwardKey(staged.forward, seen, stack) ===
      forwardKey(
        found.forward.map(({ targetGroup: arn, weight }) => ({ arn, weight })),
        seen,
        stack,
      )
  const modify: readonly AwsAction[] = isSame ? [] : [{ kind: 'modify-listener', listener: staged, arn: found.arn }]
  const waits =
    stage.waitsFor === undefined
      ? {}
      : { wait: { kind: 'wait', why: `targets of ${stage.waitsFor} to be healthy`, afterMs: lookAgainMs } as const }
  return { actions: [...modify, ...after], ...waits }
}

interface Stage {
  readonly forward: StackListener['forward']
  /** What the listener stays for now, so that what serves can go on behind it. */
  readonly stays?: Partial<StackListener>
  /** Key of the target group that is not healthy yet. */
  readonly waitsFor?: string
}

/**
 * What the listener leads to for now. What serves goes on as it does until every fresh group with targets, put beside it with
 * weight 0 so that AWS checks it, is healthy.
 */
function stageOf(listener: StackListener, found: FoundListener, seen: Seen, stack: NetworkStack): Stage {
  const places = listener.forward.map(to => ({ to, arn: 'arn' in to ? to.arn : arnOf(to.own, seen, stack) }))
  // Whose group of targets it was has gone: nobody is to reach it any more.
  const left = new Set(seen.groups.filter(each => hasLeft(each, stack)).map(each => each.arn))
  const serving = found.forward.filter(({ targetGroup, weight }) => weight > 0 && !left.has(targetGroup))
  const isWanted = (arn: string) => places.some(place => place.arn === arn)
  const isServing = (arn: string | undefined) => serving.some(({ targetGroup }) => targetGroup === arn)
  // A target group of another protocol family cannot stand behind the old listener, so there is nothing to put beside.
  // What stands there fits already while the protocol stays; then it may be of others, whose protocol nobody asked for.
  const fits =
    listener.protocol === found.protocol ||
    serving.every(({ targetGroup }) => {
      if (isWanted(targetGroup)) return true
      const protocol = seen.groups.find(each => each.arn === targetGroup)?.protocol
      return protocol !== undefined && canServe(listener.protocol, protocol)
    })
  const fresh = places.flatMap(({ to, arn }) => {
    if (!('own' in to) || to.weight === 0 || isServing(arn) || (seen.targets.get(to.own)?.length ?? 0) === 0) return []
    const since = arn === undefined ? seen.now : (seen.waitingSince.get(arn) ?? seen.now)
    const isReady = arn !== undefined && (seen.healthy.has(arn) || seen.now - since >= longestFillMs)
    return [{ own: to.own, isReady }]
  })
  const waiting = fresh.find(({ isReady }) => !isReady)
  const freshFit = (protocol: string) =>
    fresh.every(({ own }) => canServe(protocol, stack.targetGroups.find(({ key }) => key === own)?.protocol ?? ''))
  // What is to come may stand behind the listener as it is: TCP_UDP behind TCP.
  const stays = !fits && freshFit(found.protocol) ? asItIs(found) : undefined
  // Beside what serves there must be room (CreateListener: five target groups in an action).
  if (!waiting || serving.length === 0 || !(fits || stays) || serving.length + fresh.length > 5)
    return { forward: listener.forward }
  return {
    ...(stays ? { stays } : {}),
    forward: [
      ...serving.map(({ targetGroup: arn, weight }) => ({ arn, weight })),
      ...fresh.map(({ own }) => ({ own, weight: 0 })),
    ],
    waitsFor: waiting.own,
  }
}

function arnOf(key: string, seen: Seen, stack: NetworkStack): string | undefined {
  const group = stack.targetGroups.find(each => each.key === key)
  return seen.groups.find(({ name }) => name === group?.name)?.arn
}

/** Protocols of target groups by those of listeners ("Target groups for your Network Load Balancers", routing configuration). */
function canServe(listener: string, group: string): boolean {
  const fitting: Readonly<Record<string, readonly string[]>> = {
    TCP: ['TCP', 'TCP_UDP'],
    TLS: ['TCP', 'TLS'],
    UDP: ['UDP', 'TCP_UDP'],
    TCP_UDP: ['TCP_UDP'],
  }
  return fitting[listener]?.includes(group) ?? false
}

const alpnPolicies: readonly NonNullable<StackListener['alpnPolicy']>[] = [
  'None',
  'HTTP1Only',
  'HTTP2Only',
  'HTTP2Optional',
  'HTTP2Preferred',
]

/** What makes a listener speak as it does. */
function asItIs({ protocol, certificate, policy, alpn }: FoundListener): Stage['stays'] {
  if (protocol === 'TCP' || protocol === 'UDP') return { protocol }
  if (protocol !== 'TLS' || certificate === undefined) return undefined
  const alpnPolicy = alpnPolicies.find(each => each === alpn)
  return {
    protocol,
    certificates: [certificate],
    ...(policy === undefined ? {} : { tlsPolicy: policy }),
    ...(alpnPolicy === undefined ? {} : { alpnPolicy }),
  }
}

/** One text for equal forwards. Weights are as AWS has them; with one place only, the weight means nothing unless it is 0. */
function forwardKey(forward: StackListener['forward'], seen: Seen, stack: NetworkStack): string {
  const places = forward.map(to => {
    const arn = 'arn' in to ? to.arn : (arnOf(to.own, seen, stack) ?? 'to be made')
    return `${arn} ${forward.length === 1 ? Math.min(to.weight, 1) : to.weight}`
  })
  return places.toSorted().join()
}

/** The certificates beside the default one. A TLS listener that was changed from another protocol begins with none. */
function certificateSteps(
  { port, protocol, certificates }: StackListener,
  found: FoundListener | undefined,
  seen: Seen,
): { readonly add: readonly AwsAction[]; readonly remove: readonly AwsAction[] } {
  const wanted = protocol === 'TLS' ? certificates.slice(1) : []
  const wasTls = found?.protocol === 'TLS'
  const present = wasTls ? (seen.certificates.get(found.arn) ?? Object.keys(recorded(seen, `certificates/${port}`) ?? {})) : []
  const add = wanted.filter(each => !present.includes(each))
  const remove = protocol === 'TLS' ? present.filter(each => !wanted.includes(each)) : []
  return {
    add: add.length > 0 ? [{ kind: 'add-certificates', port, certificates: add }] : [],
    remove: found && remove.length > 0 ? [{ kind: 'remove-certificates', port, arn: found.arn, certificates: remove }] : [],
  }
}
