// Runs in the lab's network: `network URL` makes a VPC at moto and prints its id, `resources URL` prints what was made for Services
// and Ingresses, `rules URL` the rules of load balancers.
import { DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2'
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { selfSigned } from '../fake-aws/certificate-files.ts'
import { motoSubject } from '../fake-aws/contract/moto-subject.ts'

const [verb, url = ''] = process.argv.slice(2)
const answers = { network, resources, rules }
const answer = Object.entries(answers).find(([name]) => name === verb)?.[1] ?? resources
console.log(JSON.stringify(await answer()))

async function network(): Promise<{ readonly vpcId: string }> {
  const moto = { url, version: '', reset: async () => undefined, [Symbol.asyncDispose]: async () => undefined }
  await using subject = await motoSubject(moto, await selfSigned('www.example.com'))
  return { vpcId: subject.site.vpcId }
}

/** One row each: kind, name, and what it is like. */
async function resources(): Promise<readonly (readonly string[])[]> {
  const config = { endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'AKIALAB', secretAccessKey: 'lab' } }
  const [elb, ec2] = [new ElasticLoadBalancingV2Client(config), new EC2Client(config)]
  const rows: string[][] = []
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}))
  for (const { GroupName = '', IpPermissions = [] } of SecurityGroups.filter(({ GroupName: name }) =>
    name?.startsWith('weir-'),
  )) {
    const rules = IpPermissions.flatMap(({ FromPort, IpProtocol, IpRanges = [], UserIdGroupPairs = [] }) => [
      ...IpRanges.map(({ CidrIp }) => `${FromPort}/${IpProtocol} from ${CidrIp}`),
      ...UserIdGroupPairs.map(({ GroupId }) => `${FromPort}/${IpProtocol} from ${GroupId}`),
    ])
    rows.push(['security group', GroupName, rules.join(', ') || 'no rules'])
  }
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}))
  for (const { TargetGroupArn, TargetGroupName = '', Protocol, TargetType } of TargetGroups) {
    const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))
    const targets = TargetHealthDescriptions.map(
      ({ Target, TargetHealth }) => `${Target?.Id}:${Target?.Port} (${TargetHealth?.State})`,
    )
    rows.push(['target group', TargetGroupName, `${Protocol} ${TargetType}, targets ${targets.join(' ') || 'none'}`])
  }
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}))
  for (const { LoadBalancerArn, LoadBalancerName = '', Scheme, State, Type } of LoadBalancers) {
    rows.push(['load balancer', LoadBalancerName, `${Type}, ${Scheme}, ${State?.Code}`])
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
    for (const { Port, Protocol } of Listeners) rows.push(['listener', LoadBalancerName, `${Port}/${Protocol}`])
  }
  return rows
}

/** One row for each rule: load balancer, listener, priority, hosts, paths, and where it leads. */
async function rules(): Promise<readonly (readonly string[])[]> {
  const config = { endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'AKIALAB', secretAccessKey: 'lab' } }
  const elb = new ElasticLoadBalancingV2Client(config)
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}))
  const nameOf = (arn: string | undefined) => TargetGroups.find(group => group.TargetGroupArn === arn)?.TargetGroupName ?? ''
  const rows: string[][] = []
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}))
  for (const { LoadBalancerArn, LoadBalancerName = '' } of LoadBalancers.filter(({ Type }) => Type === 'application')) {
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
    for (const { ListenerArn, Port, Protocol } of Listeners) {
      const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn }))
      for (const { Priority = '', Conditions = [], Actions = [] } of Rules) {
        const values = (field: string) =>
          Conditions.flatMap(({ Field, Values, HostHeaderConfig, PathPatternConfig }) =>
            Field === field ? ((HostHeaderConfig ?? PathPatternConfig)?.Values ?? Values ?? []) : [],
          )
        const to = Actions.map(({ Type, TargetGroupArn, ForwardConfig, RedirectConfig, FixedResponseConfig }) => {
          if (RedirectConfig) return `${RedirectConfig.StatusCode?.slice(5)} to ${RedirectConfig.Host}${RedirectConfig.Path}`
          if (FixedResponseConfig) return FixedResponseConfig.StatusCode ?? ''
          const groups = ForwardConfig?.TargetGroups ?? [{ TargetGroupArn }]
          return groups.map(group => nameOf(group.TargetGroupArn)).join(', ') || `${Type}`
        })
        rows.push([
          LoadBalancerName,
          `${Port}/${Protocol}`,
          Priority,
          values('host-header').join(' ') || 'any',
          values('path-pattern').join(' ') || 'any',
          to.join(', then '),
        ])
      }
    }
  }
  return rows
}
