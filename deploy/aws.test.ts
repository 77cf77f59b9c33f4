// The manifests and the IAM policy of deploy/aws ask for what the provider does, and for no more.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { acmCommands } from '../providers/aws/calls/acm.ts'
import { ec2Commands } from '../providers/aws/calls/ec2.ts'
import { elbCommands } from '../providers/aws/calls/elbv2.ts'
import { wafCommands } from '../providers/aws/calls/wafv2.ts'

interface Statement {
  readonly Sid: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: object
}

const folder = join(import.meta.dirname, 'aws')
const policy: { readonly Statement: readonly Statement[] } = JSON.parse(readFileSync(join(folder, 'iam-policy.json'), 'utf8'))
const actionsOf = ({ Action }: Statement) => (typeof Action === 'string' ? [Action] : Action)

/**
 * Elastic Load Balancing asks these of EC2 and IAM as whoever calls it: CreateLoadBalancer and SetSecurityGroups for the security
 * groups, gateway and addresses, RegisterTargets for instances, the first CreateLoadBalancer of an account for the role of the
 * service, and WAF for a load balancer's web ACL ("Elastic Load Balancing service-linked role", user guide).
 */
const behind = [
  'ec2:DescribeAccountAttributes',
  'ec2:DescribeAddresses',
  'ec2:DescribeInstances',
  'ec2:DescribeInternetGateways',
  'ec2:GetSecurityGroupsForVpc',
  'elasticloadbalancing:SetWebAcl',
  'iam:CreateServiceLinkedRole',
]

test('the IAM policy allows exactly the calls that are made, and those that AWS makes for them', () => {
  const made = [
    ...Object.keys(elbCommands).map(name => `elasticloadbalancing:${name}`),
    ...Object.keys(ec2Commands).map(name => `ec2:${name}`),
    ...Object.keys(acmCommands).map(name => `acm:${name}`),
    ...Object.keys(wafCommands).map(name => `wafv2:${name}`),
    ...behind,
  ]
  expect([...new Set(policy.Statement.flatMap(actionsOf))].toSorted()).toEqual(made.toSorted())
})

test('load balancers, target groups and security groups are deleted only where they carry the tag of Weir', () => {
  const deleting = policy.Statement.filter(statement =>
    actionsOf(statement).some(action => /:Delete(Load|Target|Sec)/.test(action)),
  )
  expect(deleting.map(({ Condition }) => Condition)).toEqual(
    deleting.map(() => ({ Null: { 'aws:ResourceTag/weir.dev/cluster': 'false' } })),
  )
})

test('the policy fits into the 6,144 characters that IAM allows without spaces', () => {
  expect(JSON.stringify(policy).length).toBeLessThan(6144)
})

test('no rule has a wildcard, and nobody reads Secrets', () => {
  const rules = parseAllDocuments(readFileSync(join(folder, 'provider', 'rbac.yaml'), 'utf8')).flatMap(
    document => document.toJS().rules ?? [],
  )
  const words = rules.flatMap(rule => [...rule.apiGroups, ...rule.resources, ...rule.verbs])
  expect(words).not.toContain('*')
  expect(words).not.toContain('secrets')
})
