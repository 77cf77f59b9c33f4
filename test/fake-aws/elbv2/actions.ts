// Actions of listeners and rules (API_Action and the types it names).
import type { Action, ForwardActionConfig, RedirectActionConfig } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call } from '../call.ts'
import { awsError, invalid } from '../errors.ts'
import type { LoadBalancer } from '../records.ts'
import { findTargetGroup, listenersOf, rulesOf } from './find.ts'
import { authentication, checkAuthentication } from './authentication.ts'
import { checkOneOf, checkRange } from './names.ts'
import { checkForward } from './protocols.ts'
import { targetGroupsOf } from './use.ts'

const last = ['forward', 'redirect', 'fixed-response']

type Place = { readonly balancer: LoadBalancer; readonly protocol: string }

const refuse = (message: string) => awsError('InvalidLoadBalancerAction', message)

/** Checks actions and gives them in the form in which they are described: with an order and a ForwardConfig. */
export function checkActions(call: Call, { balancer, protocol }: Place, given: readonly Action[] | undefined): readonly Action[] {
  checkOrders(given ?? [])
  const actions = (given ?? []).toSorted((left, right) => (left.Order ?? 0) - (right.Order ?? 0))
  if (actions.length === 0) throw invalid('At least one action must be specified')
  if (balancer.type === 'network') checkNetworkActions(actions)
  for (const action of actions) {
    checkOneOf('type', action.Type, [...last, ...authentication])
    if (authentication.includes(action.Type ?? '') && protocol !== 'HTTPS')
      throw refuse(`Action '${action.Type}' needs an HTTPS listener`)
    checkAuthentication(action)
    if (action.Type === 'redirect') checkRedirect(action.RedirectConfig)
    if (action.Type === 'fixed-response') checkFixedResponse(action)
  }
  const ends = actions.filter(action => last.includes(action.Type ?? ''))
  if (ends.length !== 1 || ends[0] !== actions.at(-1))
    throw refuse('The last action, and only that, must be forward, redirect or fixed-response')
  const complete = actions.map((action, index) =>
    completeAction(call, { balancer, protocol }, action, actions.length > 1 ? index + 1 : undefined),
  )
  checkBalancerGroups(call, balancer, complete)
  return complete
}

/** API_Action, Order: required where there are several, each once; the lowest is done first. */
function checkOrders(actions: readonly Action[]): void {
  if (actions.length < 2) return
  const orders = actions.map(({ Order }) => Order)
  if (orders.includes(undefined)) throw refuse('An order must be specified for each of several actions')
  for (const order of orders) checkRange('order', order, 1, 50_000)
  if (new Set(orders).size < orders.length) throw refuse('Two actions cannot have the same order')
}

function checkNetworkActions(actions: readonly Action[]): void {
  if (actions.length > 1) throw awsError('TooManyActions', 'A listener of a network load balancer has one action')
  if (actions[0]?.Type !== 'forward') throw refuse(`Action '${actions[0]?.Type}' is not supported by a network load balancer`)
}

function completeAction(call: Call, place: Place, action: Action, order: number | undefined): Action {
  const numbered = order === undefined ? action : { ...action, Order: order }
  if (action.Type !== 'forward') return numbered
  const config = forwardConfig(call, action)
  for (const { TargetGroupArn } of config.TargetGroups ?? []) {
    checkForward(call, place.balancer, place.protocol, findTargetGroup(call.references, TargetGroupArn))
  }
  const only = config.TargetGroups?.length === 1 ? config.TargetGroups[0]?.TargetGroupArn : undefined
  return { ...numbered, ForwardConfig: config, ...(only === undefined ? {} : { TargetGroupArn: only }) }
}

function forwardConfig(call: Call, action: Action): ForwardActionConfig {
  const groups =
    action.ForwardConfig?.TargetGroups ?? (action.TargetGroupArn === undefined ? [] : [{ TargetGroupArn: action.TargetGroupArn }])
  if (groups.length === 0) throw invalid('A forward action must name a target group')
  if (action.TargetGroupArn !== undefined && !(groups.length === 1 && groups[0]?.TargetGroupArn === action.TargetGroupArn)) {
    throw invalid('TargetGroupArn and ForwardConfig of an action must name the same target group')
  }
  const limit = call.settings.quotas.targetGroupsPerAction
  if (groups.length > limit) throw awsError('TooManyTargetGroups', `An action cannot have more than ${limit} target groups`)
  if (new Set(groups.map(group => group.TargetGroupArn)).size < groups.length)
    throw invalid('A target group was specified more than once')
  for (const group of groups) checkRange('weight', group.Weight, 0, 999)
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig
  checkRange('durationSeconds', stickiness?.DurationSeconds, 1, 604_800)
  if (stickiness?.Enabled && stickiness.DurationSeconds === undefined) throw invalid('Stickiness needs a duration')
  return {
    TargetGroups: groups.map(group => ({ TargetGroupArn: group.TargetGroupArn, Weight: group.Weight ?? 1 })),
    TargetGroupStickinessConfig: { Enabled: false, ...stickiness },
  }
}

/** "Quotas for your Application Load Balancers": target groups per load balancer. */
function checkBalancerGroups(call: Call, balancer: LoadBalancer, actions: readonly Action[]): void {
  if (balancer.type !== 'application') return
  const present = [...listenersOf(call.world, balancer.arn), ...rulesOf(call.world, balancer.arn)]
  const groups = new Set([...targetGroupsOf(actions), ...present.flatMap(found => targetGroupsOf(found.actions))])
  const limit = call.settings.quotas.targetGroupsPerApplicationLoadBalancer
  if (groups.size > limit) {
    throw awsError(
      'TooManyUniqueTargetGroupsPerLoadBalancer',
      `A load balancer cannot forward to more than ${limit} target groups`,
    )
  }
}

/** API_RedirectActionConfig: a redirect to the very same place is refused. */
function checkRedirect(config: RedirectActionConfig | undefined): void {
  if (!config) throw invalid('A redirect action must have a RedirectConfig')
  checkOneOf('statusCode', config.StatusCode, ['HTTP_301', 'HTTP_302'])
  if (config.StatusCode === undefined) throw invalid('A redirect action must have a status code')
  const { Protocol = '#{protocol}', Port = '#{port}', Host = '#{host}', Path = '/#{path}', Query = '#{query}' } = config
  for (const text of [Host, Path, Query]) {
    const [unknown] = text.match(/#\{(?!protocol\}|host\}|port\}|path\}|query\})[^}]*\}?/) ?? []
    if (unknown !== undefined) throw refuse(`The keyword '${unknown}' of a redirect is not known`)
  }
  if (Query.length > 128) throw refuse('The redirect query can have at most 128 characters')
  if (!['HTTP', 'HTTPS', '#{protocol}'].includes(Protocol)) throw refuse(`Redirect protocol '${Protocol}' is not valid`)
  if (Port !== '#{port}' && !(/^\d+$/.test(Port) && Number(Port) >= 1 && Number(Port) <= 65_535))
    throw refuse(`Redirect port '${Port}' is not valid`)
  if (Host.length < 1 || Host.length > 128) throw refuse('The redirect host must have 1 to 128 characters')
  if (!Path.startsWith('/') || Path.length > 128)
    throw refuse(`The redirect path '${Path}' must begin with '/' and have at most 128 characters`)
  const changed = Protocol !== '#{protocol}' || Port !== '#{port}' || Host !== '#{host}' || Path !== '/#{path}'
  if (!changed) throw refuse('A redirect must change protocol, port, host or path')
}

/** API_FixedResponseActionConfig. */
function checkFixedResponse({ FixedResponseConfig: config }: Action): void {
  if (!config) throw invalid('A fixed-response action must have a FixedResponseConfig')
  if (!/^[245]\d\d$/.test(config.StatusCode ?? ''))
    throw invalid(`The status code '${config.StatusCode}' must be 2XX, 4XX or 5XX`)
  if ((config.MessageBody?.length ?? 0) > 1024) throw invalid('The message body cannot be longer than 1024 characters')
  checkOneOf('contentType', config.ContentType, [
    'text/plain',
    'text/css',
    'text/html',
    'application/javascript',
    'application/json',
  ])
}
