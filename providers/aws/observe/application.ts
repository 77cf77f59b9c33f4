// What there is for Ingresses that share a load balancer. An unchanged one is known from the ledger; of others, everything is looked at once.
import type { IngressGroupId } from '../../../src/model/ingress-group.ts'
import { quotas } from '../limits.ts'
import type { FoundListenerRule, SeenApplication } from '../model/application.ts'
import type { ApplicationWish } from '../model/application-wish.ts'
import { plannerVersion } from '../model/ledger.ts'
import { namingOf } from '../model/naming.ts'
import { ownerOf } from '../model/names.ts'
import type { Look as Looked, Seen } from '../model/seen.ts'
import { collapse } from '../model/security-group-rules.ts'
import { buildApplicationStack } from '../model/stack.ts'
import type { ApplicationStack } from '../model/stack.ts'
import type { FoundListener, FoundLoadBalancer } from '../snapshots/shapes.ts'
import { adoptionFor } from './adoption.ts'
import type { Adoption } from './adoption.ts'
import { certificatesOf } from './application/certificates.ts'
import { rulesOf } from './application/rules.ts'
import { webAclOf } from './application/web-acl.ts'
import { wishFor } from './application/wish.ts'
import type { IngressGoal } from './application/wish.ts'
import { comparedOf } from './compared.ts'
import { clusterNameOf } from './context.ts'
import type { Context } from './context.ts'
import { discover } from './discovery.ts'
import { isRetirementDue } from './due.ts'
import { leftOf, withLeft } from './left.ts'
import { listenersOf } from './listeners.ts'
import type { Look } from './look.ts'
import { seenAround, seenOfNothing, standingOf } from './standing.ts'
import { existingOf, schemeOf } from './wish.ts'

export async function observeApplication(
  context: Context,
  id: IngressGroupId,
  goal: IngressGoal | undefined,
  signal: AbortSignal,
): Promise<Looked> {
  signal.throwIfAborted()
  const { ledger, locations, memory } = context
  const record = ledger.read(id)
  const caller = { key: id.uid, signal }
  if (!goal) {
    const place = record?.place ?? memory.outside.get(id.uid)
    return place ? lookAtRemains({ context, id, record, location: locations.of(place), caller }) : { kind: 'absent' }
  }
  const location = record ? locations.of(record.place) : locations.ofClass(goal.class)
  const { hash } = await wishFor(context, goal, { record, location, caller })
  const isApplied = record?.applied?.hash === hash && record.applied.planner === plannerVersion
  const isDoubted = memory.doubted.has(id.uid) || memory.strict.has(id.uid)
  if (record && isApplied && !isDoubted && !isRetirementDue(record, context)) return { kind: 'settled', record }
  return look({ context, id, record, location, caller }, goal)
}

type LookAt = Pick<Look, 'context' | 'record' | 'location' | 'caller'> & { readonly id: IngressGroupId }

async function look(input: LookAt, goal: IngressGoal): Promise<Seen> {
  const { context, id, location, caller } = input
  if (goal.takesOver === true) await location.pictures.listLeft(caller.signal)
  const standing = await standingOf({ ...input, wish: goal })
  const { groups } = standing
  const { adoption, clusterName } = await adoptionOf(input, goal, standing.balancers)
  const adopting = adoption?.isNew ? adoption.balancer : undefined
  const balancers = adopting ? [...standing.balancers, adopting] : standing.balancers
  const listeners = await listenersOf(location, balancers, caller)
  const isFresh = context.memory.doubted.has(id.uid) || context.memory.strict.has(id.uid)
  const rules = await rulesOf(location, listeners, isFresh, caller)
  const { stack, wish } = await stackOf(input, goal, { balancers, listeners, rules, adopted: adoption?.balancer })
  const application = await seeApplication(input, { stack, wish, rules, balancers, isFresh })
  const current = balancers.find(({ name }) => name === stack.balancer.name)
  const ofCurrent = new Set(listeners.flatMap(({ arn, loadBalancer }) => (loadBalancer === current?.arn ? [arn] : [])))
  const byRules = application.rules.flatMap(({ listener, actions }) =>
    ofCurrent.has(listener)
      ? actions.flatMap(action =>
          action.kind === 'forward' ? action.to.map(to => ({ targetGroup: 'arn' in to ? to.arn : '', weight: to.weight })) : [],
        )
      : [],
  )
  const left = adoption && goal.takesOver === true ? await leftOf(input, standing, clusterName) : undefined
  return {
    kind: 'seen',
    ...withLeft(seenAround(input, standing, { stack, adopting: adopting?.arn }), left),
    ...(left && left.changes.length > 0 ? { left } : {}),
    ...(adopting ? { adopting } : {}),
    ...(await comparedOf(input, { stack, settings: wish.settings, balancers, groups, listeners, byRules })),
    application,
  }
}

/** What the controller before us left for the group, or was taken over before. */
async function adoptionOf(
  input: LookAt,
  goal: IngressGoal,
  own: readonly FoundLoadBalancer[],
): Promise<{ readonly adoption: Adoption | undefined; readonly clusterName: string | undefined }> {
  const { context, record, location, caller } = input
  const clusterName = clusterNameOf(context, goal.class)
  const { settings } = await wishFor(context, goal, { record, location, caller })
  const takeable = { own, clusterName, type: 'application', takesOver: goal.takesOver === true } as const
  return { adoption: await adoptionFor(input, settings, takeable), clusterName }
}

async function stackOf(
  { context, id, record, location, caller }: LookAt,
  goal: IngressGoal,
  found: {
    readonly balancers: readonly FoundLoadBalancer[]
    readonly listeners: readonly FoundListener[]
    readonly rules: readonly FoundListenerRule[]
    readonly adopted: FoundLoadBalancer | undefined
  },
): Promise<{ readonly stack: ApplicationStack; readonly wish: ApplicationWish }> {
  const { place } = location
  const { cluster, clock } = context
  const { balancers, adopted } = found
  const only = adopted ?? balancers[0]
  const existing = record?.scheme === undefined && only ? ({ scheme: schemeOf(only.scheme) } as const) : existingOf(record)
  const wish = await wishFor(context, goal, { record, location, caller, existing, found })
  const { settings } = wish
  const kept = adopted === undefined ? {} : { adopted: adopted.name }
  const naming = namingOf({ cluster, owner: ownerOf(id), vpcId: place.vpcId, settings, ...kept })
  const standing = balancers.find(({ name }) => name === naming.balancer.name) ?? only
  const discovered = await discover(
    location,
    {
      settings,
      kind: 'application',
      existing: standing,
      keepsAddresses: adopted !== undefined,
      clusterName: clusterNameOf(context, goal.class),
      now: clock.monotonic(),
    },
    caller,
  )
  const { backendSecurityGroup, targetSecurityGroupTags, externalManagedTags = [] } = goal.class.spec.aws ?? {}
  const stack = buildApplicationStack(
    {
      id,
      vpcId: place.vpcId,
      settings,
      naming,
      isAdopted: adopted !== undefined,
      ...discovered,
      frontendRules: collapse(wish.frontendRules, quotas.inboundRulesPerSecurityGroup).rules,
      foreignTags: externalManagedTags,
      ...(targetSecurityGroupTags === undefined ? {} : { targetSecurityGroupTags }),
      ...(backendSecurityGroup === undefined ? {} : { backendGroup: backendSecurityGroup }),
    },
    cluster,
  )
  return { stack, wish }
}

async function seeApplication(
  { context, id, record, location, caller }: LookAt,
  {
    stack,
    wish,
    rules,
    balancers,
    isFresh,
  }: {
    readonly stack: ApplicationStack
    readonly wish: ApplicationWish
    readonly rules: readonly FoundListenerRule[]
    readonly balancers: readonly FoundLoadBalancer[]
    readonly isFresh: boolean
  },
): Promise<SeenApplication> {
  const current = balancers.find(({ name }) => name === stack.balancer.name)
  const wanted = new Map(wish.settings.imports.map(({ key, names }) => [key, names]))
  const isAsked = stack.webAcl !== undefined && current !== undefined
  const [certificates, webAcl] = await Promise.all([
    certificatesOf(location, { cluster: context.cluster, owner: ownerOf(id), record, wanted, isFresh }, caller),
    isAsked ? webAclOf(location, { balancer: current.arn, record, isFresh }, caller) : undefined,
  ])
  return { rules, certificates, ...(webAcl === undefined ? {} : { webAcl }) }
}

/** Everything of a group that goes: it is the last member that says how to part with it. */
async function lookAtRemains(input: LookAt): Promise<Seen> {
  const { context, id, record, location, caller } = input
  const seen = seenOfNothing(input, await standingOf(input))
  const certificates = await certificatesOf(
    location,
    { cluster: context.cluster, owner: ownerOf(id), record, wanted: new Map(), isFresh: false },
    caller,
  )
  return { ...seen, application: { rules: [], certificates } }
}
