// Rules of listeners: made, changed, put in order, taken away.
import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2'
import { reasons } from '../../../../src/api/reasons.ts'
import { ProviderError } from '../../../../src/provider.ts'
import type { ApplicationAction } from '../../actions/application.ts'
import { unless } from '../../calls/calls.ts'
import { isGone } from '../../calls/errors.ts'
import type { ListenerRule } from '../../model/application.ts'
import { foundRule } from '../../snapshots/rule-shapes.ts'
import { idIn } from '../run.ts'
import type { Run } from '../run.ts'
import { actionsInput, conditionsInput, transformsInput } from './rule-inputs.ts'
import { oidcClients } from './secrets.ts'

type Step<Kind extends ApplicationAction['kind']> = (
  run: Run,
  action: Extract<ApplicationAction, { readonly kind: Kind }>,
) => Promise<void>

export const createRule: Step<'create-rule'> = async (run, { port, rule, priority }) => {
  const { calls, pictures } = run.location
  const ListenerArn = idIn(run, `listener/${port}`)
  const input = { ListenerArn, Priority: priority, ...(await ruleInput(run, rule)) }
  // Perhaps it is the very rule, made by a call whose answer was lost. Whatever it is, what we know of the listener is wrong.
  const { Rules = [] } = await unless(['PriorityInUse'], calls.elb('CreateRule', input, run.caller), () => {
    pictures.rules.lost(ListenerArn)
    run.context.memory.doubted.add(run.id.uid)
    const message = `A rule that was not known has the priority ${priority}; all rules are looked at again.`
    throw new ProviderError({ code: 'ProviderError', message, remedy: reasons.ProviderError.remedy, retry: 'now' })
  })
  note(run, port, Rules)
}

export const modifyRule: Step<'modify-rule'> = async (run, { port, rule, arn }) => {
  const { Transforms, ...input } = await ruleInput(run, rule)
  const transforms = Transforms ? { Transforms } : { ResetTransforms: true }
  const { Rules = [] } = await run.location.calls.elb('ModifyRule', { RuleArn: arn, ...input, ...transforms }, run.caller)
  note(run, port, Rules)
}

export const setRulePriorities: Step<'set-rule-priorities'> = async (run, { port, priorities }) => {
  const RulePriorities = priorities.map(({ arn: RuleArn, priority: Priority }) => ({ RuleArn, Priority }))
  const { Rules = [] } = await run.location.calls.elb('SetRulePriorities', { RulePriorities }, run.caller)
  note(run, port, Rules)
}

export const deleteRule: Step<'delete-rule'> = async (run, { arn }) => {
  try {
    await run.location.calls.elb('DeleteRule', { RuleArn: arn }, run.caller)
  } catch (error) {
    if (!isGone(error)) throw error
  }
  run.location.pictures.rules.drop(arn)
}

function note(run: Run, port: number, rules: readonly Rule[]): void {
  const listener = idIn(run, `listener/${port}`)
  for (const each of rules.flatMap(rule => foundRule(rule, listener) ?? [])) run.location.pictures.rules.put(each)
}

async function ruleInput(run: Run, rule: ListenerRule) {
  const client = await oidcClients(run, rule.actions)
  const Transforms = transformsInput(rule.transforms)
  return {
    Conditions: conditionsInput(rule.conditions),
    Actions: actionsInput(rule.actions, {
      targetGroup: key => idIn(run, `target-group/${key}`),
      client,
    }),
    ...(Transforms.length === 0 ? {} : { Transforms }),
  }
}
