// The rules that bindings ask for at the security groups of their targets: each binding's own wish, together what stands.
import { authorizeAll, permissionsOf } from '../apply/permissions.ts'
import { unless } from '../calls/calls.ts'
import type { AwsCalls, Caller } from '../calls/calls.ts'
import { quotas } from '../limits.ts'
import { collapse, ruleKey, ruleSteps } from '../model/security-group-rules.ts'
import type { OwnRule, Rule } from '../model/security-group-rules.ts'
import type { Pictures } from '../snapshots/pictures.ts'

/** By security group of targets, `tcp 8080-8080 cidr 10.0.0.0/16`. */
export type BindingOpenings = Readonly<Record<string, readonly string[]>>

export interface BindingRules {
  /**
   * What one binding needs from now on; empty for one that goes. What no binding needs any more is taken away. `before`: what
   * stands for it already; undefined when that is not sure.
   */
  set(uid: string, openings: BindingOpenings, before: BindingOpenings | undefined, caller: Caller): Promise<void>
  /** Others shut rules of these keys at a group: those that are needed here are opened again. */
  reopen(group: string, shut: ReadonlySet<string>, caller: Caller): Promise<void>
}

export function openingText({ protocol, from, to, kind, source }: OwnRule): string {
  return `${protocol} ${from}-${to} ${kind} ${source}`
}

/**
 * Rules of bindings carry `description`, by which they are told from those of others, and those of one cluster from those of
 * another; no other rule is ever revoked. `recorded`: what each binding opened by its record, read once.
 */
export function createBindingRules(options: {
  readonly calls: AwsCalls
  readonly pictures: Pictures
  readonly description: string
  readonly recorded: () => Iterable<readonly [string, BindingOpenings]>
  /** All that open doors in this way: AWS has a rule once, whoever needs it besides. */
  readonly all: () => Iterable<BindingRules>
}): BindingRules {
  const { calls, pictures, description } = options
  let known: Map<string, BindingOpenings> | undefined
  const needs = () => (known ??= new Map(options.recorded()))
  /** One change of a group at a time, so that two bindings do not undo each other's. */
  const turns = new Map<string, Promise<void>>()
  const inTurn = (group: string, work: () => Promise<void>): Promise<void> => {
    const turn = (turns.get(group) ?? Promise.resolve()).catch(() => {}).then(work)
    turns.set(group, turn)
    return turn
  }
  const bring = (group: string, caller: Caller) =>
    inTurn(group, async () => {
      const found = (await pictures.securityGroups.all(caller.signal)).get(group)
      if (!found) return
      const own = found.rules.filter(rule => rule.description === description)
      const others = found.rules.filter(rule => rule.description !== description)
      const there = new Set(others.map(ruleKey))
      const texts = new Set([...needs().values()].flatMap(openings => openings[group] ?? []))
      const asked = [...texts].flatMap(parseOpening)
      // What one of them opened is never opened to the clients of another.
      const listening = asked.flatMap(({ protocol, from, to }) => [from, to].map(port => ({ protocol, port })))
      const wanted = collapse(asked, quotas.inboundRulesPerSecurityGroup, { listening }).rules.filter(
        rule => !there.has(ruleKey(rule)),
      )
      for (const step of ruleSteps<OwnRule, Rule>(wanted, own, quotas.inboundRulesPerSecurityGroup)) {
        if ('authorize' in step) {
          await authorizeAll(calls, { group, rules: step.authorize, description }, caller)
          continue
        }
        const input = { GroupId: group, IpPermissions: permissionsOf(step.revoke, undefined) }
        await unless(['InvalidPermission.NotFound'], calls.ec2('RevokeSecurityGroupIngress', input, caller), () => undefined)
      }
      pictures.securityGroups.put({ ...found, rules: [...others, ...wanted.map(rule => ({ ...rule, description }))] })
    })
  const rules: BindingRules = {
    async set(uid, openings, before, caller) {
      const stood = { ...needs().get(uid), ...before }
      if (Object.keys(openings).length === 0) needs().delete(uid)
      else needs().set(uid, openings)
      const groups = new Set([...Object.keys(stood), ...Object.keys(openings)])
      const changed = [...groups].filter(group => !before || text(before[group]) !== text(openings[group]))
      await Promise.all(changed.map(group => bring(group, caller)))
      for (const group of changed) {
        const shut = (stood[group] ?? []).filter(opening => openings[group]?.includes(opening) !== true)
        const keys = new Set(shut.flatMap(parseOpening).map(ruleKey))
        if (keys.size === 0) continue
        for (const other of options.all()) if (other !== rules) await other.reopen(group, keys, caller)
      }
    },
    async reopen(group, shut, caller) {
      if (![...needs().values()].some(openings => openings[group] !== undefined)) return
      // They may look at AWS by pictures of their own.
      const found = pictures.securityGroups.known(group)
      const isOver = (rule: Rule & { readonly description: string }) =>
        rule.description !== description && shut.has(ruleKey(rule))
      const isOurs = ({ description: said }: { readonly description: string }) => said.startsWith('weir.dev/')
      if (found) {
        const rules = found.rules.filter(rule => !(isOurs(rule) && isOver(rule)))
        if (rules.length < found.rules.length) pictures.securityGroups.put({ ...found, rules })
      }
      await bring(group, caller)
    },
  }
  return rules
}

function text(list: readonly string[] | undefined): string {
  return (list ?? []).toSorted().join()
}

export function parseOpening(opening: string): readonly OwnRule[] {
  const [, protocol, from, to, kind, source] = /^(tcp|udp) (\d+)-(\d+) (cidr|cidr6|group) (\S+)$/.exec(opening) ?? []
  if (source === undefined) return []
  // The pattern lets nothing else through.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return [{ protocol, from: Number(from), to: Number(to), kind, source } as OwnRule]
}
