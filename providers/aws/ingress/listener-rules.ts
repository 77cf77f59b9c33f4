// The rules of one listener, and what is to be told of the routes that are not among them. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { Route } from '../../../src/model/routing/model.ts'
import type { ListenPort } from '../annotations/ingress/listen-ports.ts'
import type { ListenerRule, RuleAction } from '../model/application.ts'
import { blocks } from '../model/problems.ts'
import { notFound } from './actions.ts'
import type { Ways } from './actions.ts'
import { merge } from './rules/merge.ts'
import type { Standing } from './rules/merge.ts'
import { programOf } from './rules/programs.ts'
import { settle } from './rules/settle.ts'
import type { Author } from './rules/item.ts'
import type { Served } from './asked.ts'

export interface ListenerProgram {
  readonly rules: readonly ListenerRule[]
  readonly defaultActions: readonly RuleAction[]
  /** Authors whose routes somebody can reach here. */
  readonly reached: ReadonlySet<string>
  readonly dead: readonly { readonly author: Author; readonly by: Author }[]
  readonly refused: readonly { readonly author: Author; readonly problem: Problem }[]
}

export function listenerProgram(
  members: readonly Served[],
  listener: ListenPort,
  options: { readonly ways: Ways; readonly classDefault?: Route; readonly standing?: Standing },
): ListenerProgram {
  const { ways, classDefault, standing } = options
  const { items, otherwise } = programOf(
    members.map(({ routing, settings }) => ({ routing, order: settings.values.order })),
    { wayOf: route => ways.of(route, listener), notFound, ...(classDefault ? { classDefault } : {}) },
  )
  const settled = settle(items, otherwise)
  const { rules, refused } = merge(settled.items, standing)
  const deadItems = new Set(settled.dead.map(({ item }) => item))
  return {
    rules: rules.map(({ conditions, way, authors }) => ({
      conditions,
      actions: way.actions,
      transforms: way.transforms,
      origins: [...new Set(authors.flatMap(({ ingress }) => (ingress === '' ? [] : [ingress])))],
    })),
    defaultActions: settled.last.actions,
    reached: new Set(items.flatMap(item => (deadItems.has(item) ? [] : [authorKey(item.author)]))),
    dead: settled.dead.map(({ item, by }) => ({ author: item.author, by })),
    refused: refused.map(({ item, why }) => ({
      author: item.author,
      problem: blocks('RouteNotExpressible', `The route ${item.author.at} is left out at port ${listener.port}: it ${why}.`),
    })),
  }
}

export function authorKey({ ingress, at }: Author): string {
  return `${ingress} ${at}`
}
