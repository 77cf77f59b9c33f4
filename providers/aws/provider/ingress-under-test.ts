// Groups of Ingresses on the fake AWS for tests: Services with pods at addresses of its instances, and what becomes of requests.
import { DescribeListenersCommand, DescribeRulesCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { IngressOutcome } from '../../../src/ingress-provider.ts'
import type { IngressGroupGoal, IngressGroupId, SecretState } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws, FakeAwsOptions } from '../../../test/fake-aws/fake-aws.ts'
import type { Vpc } from '../../../test/fake-aws/presets.ts'
import { chooseRule } from '../../../test/fake-aws/routing/choose.ts'
import type { Request } from '../../../test/fake-aws/routing/choose.ts'
import type { AwsAction } from '../actions.ts'
import type { IngressSettings } from '../ingress/asked.ts'
import { anyService, goalOf } from '../ingress/world-under-test.ts'
import { testWorld } from './world-under-test.ts'
import type { World, WorldOptions } from './world-under-test.ts'

export interface IngressWorld extends AsyncDisposable {
  readonly aws: FakeAws
  readonly vpc: Vpc
  readonly cluster: World
  /** By `secretKey`. */
  readonly secrets: Map<string, SecretState>
  readonly id: IngressGroupId
  goal(ingresses: readonly Ingress[]): IngressGroupGoal<IngressSettings>
  look(ingresses: readonly Ingress[]): Promise<IngressOutcome & { readonly actions: readonly AwsAction[] }>
  /** Looks until nothing is waited for but what somebody has to change; moves the fake's time. */
  settle(ingresses: readonly Ingress[]): Promise<IngressOutcome>
  remove(): Promise<IngressOutcome>
  settleRemoval(): Promise<void>
  /** The rules of the listener at a port, the default one last. */
  rules(port?: number): Promise<readonly Rule[]>
  /** Where a request ends: `shop/web:80`, a status, or where it is sent. */
  answer(request: Request, port?: number): Promise<string>
  /** Ready pods behind a Service. */
  pods(service: string, addresses: readonly string[]): void
  /** Free addresses of the instance. */
  readonly podIps: readonly string[]
}

export async function ingressWorld({
  aws: options = {},
  pods = 40,
  takesOver = false,
  ...rest
}: {
  readonly aws?: FakeAwsOptions
  readonly pods?: number
  /** The Ingresses were those of another controller. */
  readonly takesOver?: boolean
} & Partial<WorldOptions> = {}): Promise<IngressWorld> {
  const aws = await fakeAws(options)
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const { podIps } = aws.createInstance({ subnet, pods })
  const cluster = testWorld(aws, { vpcId: vpc.id, ...rest })
  const secrets = new Map<string, SecretState>()
  const { signal } = new AbortController()
  const { elbv2 } = aws.clients()
  const { id } = goalOf([])
  const world: IngressWorld = {
    aws,
    vpc,
    cluster,
    secrets,
    id,
    podIps,
    goal: ingresses => {
      const goal = { ...goalOf(ingresses, { class: cluster.class }), secrets, ...(takesOver ? { takesOver } : {}) }
      for (const [key, { service }] of goal.services) cluster.services.set(key, service)
      return goal
    },
    async look(ingresses) {
      const goal = world.goal(ingresses)
      const { ingress } = cluster.provider
      const observed = await ingress.observe(id, signal, goal)
      const actions = ingress.plan(goal, observed)
      return { ...(await ingress.apply({ id, goal, observed, actions }, signal)), actions }
    },
    async settle(ingresses) {
      for (let turn = 0; turn < 200; turn++) {
        const outcome = await world.look(ingresses)
        if (outcome.again === 'on-change' || outcome.again.afterMs >= 60_000) return outcome
        aws.advance(outcome.again.afterMs)
      }
      throw new Error('the group does not settle')
    },
    async remove() {
      const { ingress } = cluster.provider
      const observed = await ingress.observe(id, signal)
      const actions = ingress.plan(undefined, observed)
      return ingress.apply({ id, goal: undefined, observed, actions }, signal)
    },
    async settleRemoval() {
      for (let turn = 0; turn < 200; turn++) {
        const outcome = await world.remove()
        if (outcome.gone) return
        aws.advance(outcome.again === 'on-change' ? 1000 : outcome.again.afterMs)
      }
      throw new Error('the group does not go')
    },
    async rules(port = 80) {
      const [balancer] = aws.world.loadBalancers.values()
      const { Listeners = [] } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: balancer?.arn }))
      const listener = Listeners.find(each => each.Port === port)
      return (await elbv2.send(new DescribeRulesCommand({ ListenerArn: listener?.ListenerArn }))).Rules ?? []
    },
    async answer(request, port) {
      const last = chooseRule(await world.rules(port), request).Actions?.at(-1)
      const [first] = last?.ForwardConfig?.TargetGroups ?? []
      const group = aws.world.targetGroups.get(first?.TargetGroupArn ?? '')
      if (group) return (group.tags['weir.dev/resource'] ?? group.name).replace('target-group/', '')
      return last?.RedirectConfig ? `to ${last.RedirectConfig.Protocol}` : (last?.FixedResponseConfig?.StatusCode ?? '')
    },
    pods(service, addresses) {
      const [namespace = '', name = ''] = service.split('/')
      const found = anyService(namespace, name)
      if (!found) throw new Error(`there is no Service ${service}`)
      cluster.services.set(service, found)
      cluster.slices.set(service, [
        {
          metadata: { name: `${name}-1`, namespace, labels: {} },
          addressType: 'IPv4',
          endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
          ports: [{ name: 'http', protocol: 'TCP', port: 8000 }],
        },
      ])
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  }
  return world
}

/** What stands, without identifiers that differ from run to run. */
export function standing(aws: FakeAws) {
  const { loadBalancers, targetGroups, listeners, rules, securityGroups, certificates, webAclsOfBalancers } = aws.world
  const byText = <T>(list: readonly T[]) => list.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  const nameOf = (arn: string | undefined) => targetGroups.get(arn ?? '')?.name
  return {
    balancers: loadBalancers
      .values()
      .map(({ name, attributes, zones, tags }) => ({ name, attributes, zones: zones.length, tags })),
    groups: byText(
      targetGroups.values().map(({ name, attributes, targets }) => ({ name, attributes, targets: [...targets.keys()] })),
    ),
    listeners: byText(
      listeners.values().map(({ port, protocol, certificates: more }) => ({ port, protocol, certificates: more.length })),
    ),
    rules: byText(
      rules.values().map(({ conditions, actions, listener }) => ({
        port: listeners.get(listener)?.port,
        conditions,
        to: actions.map(({ Type, ForwardConfig }) => [
          Type,
          ForwardConfig?.TargetGroups?.map(each => nameOf(each.TargetGroupArn)),
        ]),
      })),
    ),
    security: byText(
      securityGroups.values().map(group => ({
        name: group.name,
        rules: group.rules.map(({ protocol, from, to, egress }) => `${protocol} ${from} ${to} ${egress}`).toSorted(),
      })),
    ),
    certificates: certificates.values().map(({ tags }) => tags),
    webAcls: webAclsOfBalancers.values().length,
  }
}
