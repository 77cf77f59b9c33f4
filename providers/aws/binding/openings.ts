// What the networking rules of a binding open, by the security groups of its targets.
import type { BoundGroup } from '../../../src/api/target-group-binding.ts'
import type { BindingGoal } from '../../../src/model/binding.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { homesOf } from '../apply/target-rules.ts'
import type { Caller } from '../calls/calls.ts'
import type { Target } from '../membership/targets.ts'
import { listed, warns } from '../model/problems.ts'
import { cidrSource } from '../model/security-group-rules.ts'
import type { OwnRule } from '../model/security-group-rules.ts'
import type { Location } from '../provider/locations.ts'
import { openingText } from './rules.ts'
import type { BindingOpenings } from './rules.ts'
import { numbersOf } from './targets.ts'

type Networking = NonNullable<BindingGoal['spec']['networking']>
type NetworkingPort = NonNullable<Networking['ingress']>[number]['ports'][number]

export interface WantedOpenings {
  readonly openings: BindingOpenings
  readonly problems: readonly Problem[]
}

export async function openingsOf(
  { calls, pictures }: Location,
  {
    goal,
    group,
    targets,
    clusterName,
  }: {
    readonly goal: BindingGoal
    readonly group: BoundGroup
    readonly targets: readonly Target[]
    readonly clusterName: string | undefined
  },
  caller: Caller,
): Promise<WantedOpenings> {
  const rules = rulesOf(goal, group)
  if (rules.length === 0 || targets.length === 0) return { openings: {}, problems: [] }
  const tags = goal.class.spec.aws?.targetSecurityGroupTags
  const marks = { ...(tags === undefined ? {} : { tags }), ...(clusterName === undefined ? {} : { clusterName }) }
  const { homes, unclear } = await homesOf(targets, { calls, pictures, marks }, caller)
  const texts = rules.map(openingText).toSorted()
  const openings = Object.fromEntries([...new Set(homes.values())].map(home => [home, texts]))
  return { openings, problems: unclear.length === 0 ? [] : [warns('TargetSecurityGroupUnclear', `${listed(unclear)}.`)] }
}

/** Every peer to every port; without ports, to all of TCP. */
export function rulesOf(goal: BindingGoal, group: BoundGroup): readonly OwnRule[] {
  const rules = (goal.spec.networking?.ingress ?? []).flatMap(({ from, ports }) => {
    const sources = from.flatMap(({ ipBlock, securityGroup }): Pick<OwnRule, 'kind' | 'source'>[] => [
      ...(ipBlock ? [cidrSource(ipBlock.cidr)] : []),
      ...(securityGroup ? [{ kind: 'group' as const, source: securityGroup.groupID }] : []),
    ])
    const ranges = (ports.length === 0 ? [{}] : ports).flatMap(port => rangesOf(port, goal, group))
    return ranges.flatMap(range => sources.map((source): OwnRule => ({ ...range, ...source })))
  })
  return [...new Map(rules.map(rule => [openingText(rule), rule])).values()]
}

function rangesOf(
  { protocol = 'TCP', port }: NetworkingPort,
  goal: BindingGoal,
  group: BoundGroup,
): readonly Pick<OwnRule, 'protocol' | 'from' | 'to'>[] {
  const transport = protocol === 'UDP' ? 'udp' : 'tcp'
  if (port === undefined) return [{ protocol: transport, from: 0, to: 65_535 }]
  const named = typeof port === 'string' ? goal.ports.find(({ name }) => name === port) : undefined
  const numbers = typeof port === 'number' ? [port] : named ? numbersOf(named, goal, group) : []
  return numbers.map(number => ({ protocol: transport, from: number, to: number }))
}
