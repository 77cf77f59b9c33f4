// Ingresses of a class of AWS beside a fake account: made as a user makes them, and asked where their requests end.
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { chooseRule } from '../fake-aws/routing/choose.ts'
import type { FakeWorld } from './aws.ts'
import type { Json } from './cluster.ts'

const networking = '/apis/networking.k8s.io/v1'
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

export const ingressPath = (name: string): string => `${networking}/namespaces/default/ingresses/${name}`
export const reportPath = (name: string): string => `/apis/weir.dev/v1alpha1/namespaces/default/ingressreports/${name}`
/** The condition Ready of an IngressReport. */
export const readyOfReport = (report: Json): Json => report.status?.conditions?.find(({ type }: Json) => type === 'Ready')
export const hostnameOf = (ingress: Json): string | undefined => ingress.status?.loadBalancer?.ingress?.[0]?.hostname

/** The IngressClass `alb`, served by the class `aws`. */
export function albClass({ cluster }: FakeWorld): Promise<Json> {
  return cluster.create(`${networking}/ingressclasses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'alb' },
    spec: {
      controller: 'weir.dev/ingress',
      parameters: { apiGroup: 'weir.dev', kind: 'LoadBalancerClass', name: 'aws', scope: 'Cluster' },
    },
  })
}

/** A Service of type ClusterIP with ready pods at these addresses. */
export async function backend({ cluster }: FakeWorld, name: string, addresses: readonly string[]): Promise<void> {
  await cluster.service(name, { class: undefined, endpoints: false, spec: { type: 'ClusterIP' } })
  await cluster.create(slices, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: addresses.map(address => ({
      addresses: [address],
      nodeName: 'n0',
      conditions: { ready: true, serving: true, terminating: false },
    })),
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  })
}

/** Prefixes of the host `<name>.example.com`, each with its Service; keys of annotations without their prefix. */
export function albIngress(
  { cluster }: FakeWorld,
  name: string,
  paths: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
): Promise<Json> {
  const keys = Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value])
  return cluster.create(`${networking}/namespaces/default/ingresses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations: Object.fromEntries(keys) },
    spec: { ingressClassName: 'alb', rules: [{ host: `${name}.example.com`, http: { paths: pathsOf(paths) } }] },
  })
}

export function pathsOf(paths: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(paths).map(([path, to]) => ({
    path,
    pathType: 'Prefix',
    backend: { service: { name: to, port: { number: 80 } } },
  }))
}

/** The name under which an Ingress is served, once it is, and whole. */
export async function servedAt({ cluster }: FakeWorld, name: string): Promise<string> {
  const found = await cluster.until(ingressPath(name), each => hostnameOf(each) !== undefined, `${name} to be served`)
  await cluster.until(reportPath(name), report => readyOfReport(report)?.status === 'True', `${name} to be ready`)
  return hostnameOf(found) ?? ''
}

/** Where a request ends at the first listener: the port of a Service, or a status. */
export async function answerAt(
  { aws }: FakeWorld,
  hostname: string,
  request: { readonly host: string; readonly target: string },
): Promise<string> {
  const { elbv2 } = aws.clients({ accessKeyId: 'AKIALOOK' })
  const { LoadBalancers = [] } = await elbv2.send(new DescribeLoadBalancersCommand({}))
  const LoadBalancerArn = LoadBalancers.find(({ DNSName }) => DNSName?.toLowerCase() === hostname)?.LoadBalancerArn
  const { Listeners = [] } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }))
  const { Rules = [] } = await elbv2.send(new DescribeRulesCommand({ ListenerArn: Listeners[0]?.ListenerArn }))
  const last = chooseRule(Rules, request).Actions?.at(-1)
  const group = aws.world.targetGroups.get(last?.ForwardConfig?.TargetGroups?.[0]?.TargetGroupArn ?? '')
  return group?.tags['weir.dev/resource']?.replace('target-group/', '') ?? last?.FixedResponseConfig?.StatusCode ?? ''
}
