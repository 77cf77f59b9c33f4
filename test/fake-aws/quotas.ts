// AWS's quotas as they are before an increase; each can be set by a test.

/**
 * Sources: "Quotas for your Network Load Balancers" and "Quotas for your Application Load Balancers" in the Elastic Load Balancing
 * user guides, "Amazon VPC quotas" in the VPC user guide, "Quotas" in the ACM user guide.
 */
export const defaultQuotas = {
  networkLoadBalancers: 50,
  applicationLoadBalancers: 50,
  targetGroups: 3000,
  listenersPerLoadBalancer: 50,
  rulesPerApplicationLoadBalancer: 100,
  conditionValuesPerRule: 5,
  wildcardsPerRule: 6,
  targetsPerTargetGroup: 1000,
  /** Of a Network Load Balancer; without cross-zone load balancing this counts per zone. */
  targetsPerNetworkLoadBalancer: 3000,
  targetsPerZonePerNetworkLoadBalancer: 500,
  targetsPerApplicationLoadBalancer: 1000,
  /** Beside the default certificate of each listener. */
  certificatesPerLoadBalancer: 25,
  targetGroupsPerAction: 5,
  targetGroupsPerApplicationLoadBalancer: 100,
  securityGroupsPerLoadBalancer: 5,
  securityGroups: 2500,
  /** Each direction, and IPv4 and IPv6 counted apart. */
  rulesPerSecurityGroup: 60,
  tagsPerResource: 50,
  certificates: 2500,
  capacityUnitsPerNetworkLoadBalancer: 45_000,
  capacityUnitsPerApplicationLoadBalancer: 15_000,
}

export type Quotas = Readonly<typeof defaultQuotas>
