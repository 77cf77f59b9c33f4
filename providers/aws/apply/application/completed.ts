// What goes on record when everything that Ingresses ask for was applied.
import type { ApplicationWish } from '../../model/application-wish.ts'
import { plannerVersion } from '../../model/ledger.ts'
import type { LedgerRecord } from '../../model/ledger.ts'
import { contentTag } from '../../model/ownership.ts'
import { recordLines } from '../../plan/believed.ts'
import type { Run } from '../run.ts'
import { certificateArn } from './certificates.ts'
import { secretsIn } from './rule-inputs.ts'

export function completedRecord(run: Run, wish: ApplicationWish): LedgerRecord {
  const { record, context, stack } = run
  if (stack?.kind !== 'application') throw new TypeError('the stack is not that of Ingresses')
  const attributes: Record<string, readonly string[]> = {
    'load-balancer': recordLines(stack.balancer.attributes.asked),
    capacity: stack.balancer.capacityUnits === undefined ? [] : [`units=${stack.balancer.capacityUnits}`],
    // Known until somebody else asks for one.
    ...(stack.webAcl === undefined ? {} : { 'web-acl': [`arn=${stack.webAcl === 'none' ? '' : stack.webAcl.arn}`] }),
  }
  for (const { key, attributes: own } of stack.targetGroups) attributes[`target-group/${key}`] = recordLines(own.asked)
  for (const { key, hash } of stack.imports) attributes[`certificate/${key}`] = recordLines({ [contentTag]: hash })
  const secrets: Record<string, string> = {}
  for (const { port, attributes: own, certificates, rules, defaultActions } of stack.listeners) {
    attributes[`listener/${port}`] = recordLines(own.asked)
    // Keys of a map in the ledger; certificates have no values.
    attributes[`certificates/${port}`] = certificates.slice(1).map(ref => `${certificateArn(run, ref)}=`)
    for (const { namespace, name, hash } of secretsIn({
      actions: [...defaultActions, ...rules.flatMap(({ actions }) => actions)],
    }))
      secrets[`${namespace}/${name}`] = hash
  }
  if (Object.keys(secrets).length > 0) attributes['secrets'] = recordLines(secrets)
  return {
    ...record,
    attributes,
    ingresses: wish.ingresses,
    retain: wish.settings.deletionPolicy === 'retain',
    applied: { hash: wish.hash, planner: plannerVersion, at: new Date(context.clock.now()).toISOString() },
  }
}
