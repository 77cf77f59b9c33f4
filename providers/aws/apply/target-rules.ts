// The rules on the security groups of targets: one range of ports per protocol for all load balancers together.
import type { NetworkInterface } from '@aws-sdk/client-ec2'
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { AwsCalls, Caller } from '../calls/calls.ts'
import { unless } from '../calls/calls.ts'
import { targetSecurityGroup } from '../discovery/security-groups.ts'
import type { SecurityGroupFacts } from '../discovery/security-groups.ts'
import { quotas } from '../limits.ts'
import type { Target } from '../membership/targets.ts'
import { listed, warns } from '../model/problems.ts'
import { clusterTag } from '../model/ownership.ts'
import { ruleSteps, targetRules } from '../model/security-group-rules.ts'
import type { OwnRule } from '../model/security-group-rules.ts'
import type { Pictures } from '../snapshots/pictures.ts'
import type { FoundRule, FoundSecurityGroup } from '../snapshots/shapes.ts'
import { foundSecurityGroup } from '../snapshots/shapes.ts'
import { authorizeAll, permissionsOf } from './permissions.ts'

/** So many rules may be left beside wider ones that cover them. */
const mostCovered = 6

/** What one load balancer needs at its targets. */
export interface Need {
  readonly targets: readonly Target[]
  readonly transports: readonly ('tcp' | 'udp')[]
  readonly healthCheckPort?: number
}

/** By security group of targets, `tcp:8080`. */
export type Openings = Readonly<Record<string, readonly string[]>>

export interface TargetRules {
  /**
   * Lets the load balancers reach the targets of `id`. Gives what that takes, for the ledger. With `closes`, what nobody needs any more
   * is shut as well, which is another call.
   */
  open(
    id: LoadBalancerOwner,
    needs: readonly Need[],
    options: {
      readonly backend: string
      readonly marks: Parameters<typeof targetSecurityGroup>[1]
      readonly closes?: boolean
    },
    caller: Caller,
  ): Promise<{ readonly openings: Openings; readonly problems: readonly Problem[] }>
  /** What `id` needed is needed by it no more. */
  forget(id: LoadBalancerOwner): void
  /**
   * Brings every group to exactly what is needed; called when the last user has gone, and by the sweep. `backend`: the shared group of
   * ours, if there is one; those of administrators are found by the rules that were made for them.
   */
  shrink(backend: string | undefined, caller: Caller): Promise<void>
}

/** What one load balancer needs, and the shared group it comes with. */
export interface Recorded {
  readonly openings: Openings
  readonly backend?: string | undefined
}

export interface TargetRulesOptions {
  readonly calls: AwsCalls
  readonly pictures: Pictures
  /** UID of the namespace kube-system. Clusters may share the group of an administrator. */
  readonly cluster: string
  /** What load balancers needed by the ledger, by uid; read once. */
  readonly recorded: () => Iterable<readonly [string, Recorded]>
}

export function createTargetRules({ calls, pictures, cluster, recorded }: TargetRulesOptions): TargetRules {
  /** Told apart from rules of others by this, and by the shared group they name as their source. */
  const ruleDescription = `weir.dev/targets of ${cluster}`
  let needed: Map<string, Recorded> | undefined
  const needs = () => (needed ??= new Map(recorded()))
  /** One change of a group at a time, so that two load balancers do not both widen the same range. */
  const turns = new Map<string, Promise<void>>()
  const inTurn = (group: string, work: () => Promise<void>): Promise<void> => {
    const turn = (turns.get(group) ?? Promise.resolve()).catch(() => {}).then(work)
    turns.set(group, turn)
    return turn
  }
  const wantedAt = (group: string, backend: string): readonly OwnRule[] => {
    const ports = [...needs().values()].flatMap(need => (need.backend === backend ? (need.openings[group] ?? []) : []))
    const of = (transport: string) =>
      [...new Set(ports)].flatMap(each => (each.startsWith(`${transport}:`) ? [Number(each.slice(4))] : []))
    const source = [{ kind: 'group', source: backend } as const]
    return [
      ...targetRules([{ protocol: 'TCP', ports: of('tcp'), healthCheckPorts: [] }], source),
      ...targetRules([{ protocol: 'UDP', ports: of('udp'), healthCheckPorts: [] }], source),
    ]
  }
  const bring = (group: string, backend: string, shrinks: boolean, caller: Caller) =>
    inTurn(group, async () => {
      const found = (await pictures.securityGroups.all(caller.signal)).get(group)
      if (!found) return
      const atBackend = found.rules.filter(rule => isFrom(rule, backend))
      // A shared group of the administrator's may have rules that others made.
      const isManaged = pictures.securityGroups.known(backend)?.tags[clusterTag] !== undefined
      const present = isManaged ? atBackend : atBackend.filter(({ description }) => description === ruleDescription)
      const wanted = wantedAt(group, backend)
      const missing = wanted.filter(rule => !atBackend.some(other => covers(other, rule)))
      if (missing.length === 0 && !shrinks) return
      // The narrower rules that a wider one covers go with the sweep, which saves a call now; but they must not pile up.
      const keep = shrinks || present.length >= mostCovered ? wanted : [...present, ...missing]
      for (const step of ruleSteps(keep, present, quotas.inboundRulesPerSecurityGroup)) {
        if ('authorize' in step) {
          await authorizeAll(calls, { group, rules: step.authorize, description: ruleDescription }, caller)
          continue
        }
        const input = { GroupId: group, IpPermissions: permissionsOf(step.revoke, undefined) }
        await unless(['InvalidPermission.NotFound'], calls.ec2('RevokeSecurityGroupIngress', input, caller), () => undefined)
      }
      const others = found.rules.filter(rule => !present.includes(rule))
      pictures.securityGroups.put({
        ...found,
        rules: [...others, ...keep.map(rule => ({ ...rule, description: ruleDescription }))],
      })
    })
  return {
    async open(id, wanted, { backend, marks, closes = false }, caller) {
      const { homes, unclear } = await homesOf(
        wanted.flatMap(({ targets }) => targets),
        { calls, pictures, marks },
        caller,
      )
      const openings: Record<string, Set<string>> = {}
      for (const { targets, transports, healthCheckPort } of wanted) {
        for (const target of targets) {
          const group = homes.get(target.id)
          if (group === undefined) continue
          const ports = (openings[group] ??= new Set())
          for (const transport of transports) ports.add(`${transport}:${target.port}`)
          // Health checks are TCP, whatever the traffic is.
          ports.add(`tcp:${healthCheckPort ?? target.port}`)
        }
      }
      const plain: Openings = Object.fromEntries(Object.entries(openings).map(([group, ports]) => [group, [...ports].toSorted()]))
      const before = closes ? (needs().get(id.uid)?.openings ?? {}) : {}
      needs().set(id.uid, { openings: plain, backend })
      const groups = new Set([...Object.keys(plain), ...Object.keys(before)])
      await Promise.all([...groups].map(group => bring(group, backend, closes, caller)))
      return {
        openings: plain,
        problems: unclear.length === 0 ? [] : [warns('TargetSecurityGroupUnclear', `${listed(unclear)}.`)],
      }
    },
    forget: id => void needs().delete(id.uid),
    async shrink(managed, caller) {
      const all = [...(await pictures.securityGroups.all(caller.signal)).values()]
      const made = all.flatMap(({ rules }) => rules.filter(({ description }) => description === ruleDescription))
      for (const backend of new Set([...(managed === undefined ? [] : [managed]), ...made.map(({ source }) => source)])) {
        const using = all.filter(({ rules }) => rules.some(({ kind, source }) => kind === 'group' && source === backend))
        // Somebody may have taken the last rule of a group that is needed.
        const needing = [...needs().values()].flatMap(need => (need.backend === backend ? Object.keys(need.openings) : []))
        const groups = new Set([...using.map(({ id }) => id), ...needing])
        await Promise.all([...groups].map(id => bring(id, backend, true, caller)))
      }
    },
  }
}

/** The security group to open for each target, by its id. Targets that are nowhere in the VPC have none. */
export async function homesOf(
  targets: readonly Target[],
  {
    calls,
    pictures,
    marks,
  }: { readonly calls: AwsCalls; readonly pictures: Pictures; readonly marks: Parameters<typeof targetSecurityGroup>[1] },
  caller: Caller,
): Promise<{ readonly homes: ReadonlyMap<string, string>; readonly unclear: readonly string[] }> {
  const wanted = targets.filter(({ zone }) => zone === undefined)
  let interfaces = indexOf([...(await pictures.interfaces.all(caller.signal)).values()])
  if (wanted.some(({ id }) => !interfaces.has(id)))
    interfaces = indexOf([...(await pictures.interfaces.refresh(caller.signal)).values()])
  const groups = await pictures.securityGroups.all(caller.signal)
  const homes = new Map<string, string>()
  const unclear = new Set<string>()
  const lacking = new Set<string>()
  for (const { id } of wanted) {
    const found = interfaces.get(id)
    for (const each of found?.Groups ?? []) if (each.GroupId !== undefined && !groups.has(each.GroupId)) lacking.add(each.GroupId)
  }
  if (lacking.size > 0) await learn(calls, pictures, [...lacking], caller)
  for (const { id } of wanted) {
    const found = interfaces.get(id)
    if (!found) continue
    const facts = (found.Groups ?? []).flatMap(({ GroupId }): SecurityGroupFacts[] => {
      const group = pictures.securityGroups.known(GroupId ?? '')
      return group ? [group] : []
    })
    const choice = targetSecurityGroup(facts, marks)
    if (choice.id !== undefined) homes.set(id, choice.id)
    if (choice.unclear !== undefined) unclear.add(`the interface ${found.NetworkInterfaceId} ${choice.unclear}`)
  }
  return { homes, unclear: [...unclear] }
}

/** Groups made after the last listing. */
async function learn(calls: AwsCalls, pictures: Pictures, ids: readonly string[], caller: Caller): Promise<void> {
  const { SecurityGroups = [] } = await calls.ec2('DescribeSecurityGroups', { GroupIds: [...ids] }, caller)
  for (const group of SecurityGroups.map((each): FoundSecurityGroup => foundSecurityGroup(each)))
    pictures.securityGroups.saw(group)
}

/** By address, and by instance its first interface. */
function indexOf(all: readonly NetworkInterface[]): ReadonlyMap<string, NetworkInterface> {
  const index = new Map<string, NetworkInterface>()
  for (const each of all) {
    for (const { PrivateIpAddress } of each.PrivateIpAddresses ?? [])
      if (PrivateIpAddress !== undefined) index.set(PrivateIpAddress, each)
    for (const { Ipv6Address } of each.Ipv6Addresses ?? []) if (Ipv6Address !== undefined) index.set(Ipv6Address, each)
    const instance = each.Attachment?.InstanceId
    if (instance !== undefined && (!index.has(instance) || each.Attachment?.DeviceIndex === 0)) index.set(instance, each)
  }
  return index
}

/** Of protocols that are made here, so that a rule for everything that somebody else made stays. */
function isFrom({ kind, source, protocol }: FoundRule, backend: string): boolean {
  return kind === 'group' && source === backend && (protocol === 'tcp' || protocol === 'udp')
}

function covers(
  wide: { readonly protocol: string; readonly from: number; readonly to: number },
  narrow: { readonly protocol: string; readonly from: number; readonly to: number },
): boolean {
  return wide.protocol === narrow.protocol && wide.from <= narrow.from && wide.to >= narrow.to
}
