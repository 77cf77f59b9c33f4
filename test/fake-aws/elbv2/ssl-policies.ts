// The predefined security policies ("Security policies" in the user guides of both load balancers).
import type { DescribeSSLPoliciesInput, DescribeSSLPoliciesOutput } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import { elbPage } from './pages.ts'

export const defaultSslPolicy = 'ELBSecurityPolicy-2016-08'

const policies: Readonly<Record<string, readonly string[]>> = {
  'ELBSecurityPolicy-2016-08': ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  'ELBSecurityPolicy-TLS-1-0-2015-04': ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  'ELBSecurityPolicy-TLS-1-1-2017-01': ['TLSv1.1', 'TLSv1.2'],
  'ELBSecurityPolicy-TLS-1-2-2017-01': ['TLSv1.2'],
  'ELBSecurityPolicy-TLS-1-2-Ext-2018-06': ['TLSv1.2'],
  'ELBSecurityPolicy-FS-2018-06': ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  'ELBSecurityPolicy-FS-1-1-2019-08': ['TLSv1.1', 'TLSv1.2'],
  'ELBSecurityPolicy-FS-1-2-2019-08': ['TLSv1.2'],
  'ELBSecurityPolicy-FS-1-2-Res-2019-08': ['TLSv1.2'],
  'ELBSecurityPolicy-FS-1-2-Res-2020-10': ['TLSv1.2'],
  'ELBSecurityPolicy-TLS13-1-0-2021-06': ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  'ELBSecurityPolicy-TLS13-1-1-2021-06': ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  'ELBSecurityPolicy-TLS13-1-2-2021-06': ['TLSv1.2', 'TLSv1.3'],
  'ELBSecurityPolicy-TLS13-1-2-Res-2021-06': ['TLSv1.2', 'TLSv1.3'],
  'ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06': ['TLSv1.2', 'TLSv1.3'],
  'ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06': ['TLSv1.2', 'TLSv1.3'],
  'ELBSecurityPolicy-TLS13-1-3-2021-06': ['TLSv1.3'],
}

/** Throws SSLPolicyNotFound for a policy that is not there. */
export function checkSslPolicy(name: string | undefined): void {
  if (name !== undefined && !policies[name]) throw awsError('SSLPolicyNotFound', `SSL policy '${name}' not found`)
}

function describe(input: DescribeSSLPoliciesInput, call: Call): DescribeSSLPoliciesOutput {
  for (const name of input.Names ?? []) checkSslPolicy(name)
  const names = input.Names?.length ? input.Names : Object.keys(policies)
  const { items, next } = elbPage(call, names, input)
  return {
    SslPolicies: items.map(Name => ({
      Name,
      SslProtocols: [...(policies[Name] ?? [])],
      SupportedLoadBalancerTypes: ['application', 'network'],
    })),
    ...next,
  }
}

export const sslPolicyOperations = { DescribeSSLPolicies: describe } satisfies Operations
