// The quotas as the service itself tells them (API_DescribeAccountLimits).
import type { DescribeAccountLimitsInput, DescribeAccountLimitsOutput } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import type { Quotas } from '../quotas.ts'
import { elbPage } from './pages.ts'

/** Names of the limits (API_Limit). */
const limits: Readonly<Record<string, keyof Quotas>> = {
  'network-load-balancers': 'networkLoadBalancers',
  'application-load-balancers': 'applicationLoadBalancers',
  'target-groups': 'targetGroups',
  'listeners-per-network-load-balancer': 'listenersPerLoadBalancer',
  'listeners-per-application-load-balancer': 'listenersPerLoadBalancer',
  'rules-per-application-load-balancer': 'rulesPerApplicationLoadBalancer',
  'condition-values-per-alb-rule': 'conditionValuesPerRule',
  'condition-wildcards-per-alb-rule': 'wildcardsPerRule',
  'targets-per-target-group': 'targetsPerTargetGroup',
  'targets-per-network-load-balancer': 'targetsPerNetworkLoadBalancer',
  'targets-per-availability-zone-per-network-load-balancer': 'targetsPerZonePerNetworkLoadBalancer',
  'targets-per-application-load-balancer': 'targetsPerApplicationLoadBalancer',
  'certificates-per-application-load-balancer': 'certificatesPerLoadBalancer',
  'certificates-per-network-load-balancer': 'certificatesPerLoadBalancer',
  'target-groups-per-action-on-application-load-balancer': 'targetGroupsPerAction',
  'target-groups-per-action-on-network-load-balancer': 'targetGroupsPerAction',
  'target-groups-per-application-load-balancer': 'targetGroupsPerApplicationLoadBalancer',
}

function describe(input: DescribeAccountLimitsInput, call: Call): DescribeAccountLimitsOutput {
  const all = Object.entries(limits).map(([Name, quota]) => ({ Name, Max: String(call.settings.quotas[quota]) }))
  const { items, next } = elbPage(call, all, input)
  return { Limits: items, ...next }
}

export const accountLimitOperations = { DescribeAccountLimits: describe } satisfies Operations
