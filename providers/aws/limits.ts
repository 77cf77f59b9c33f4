// Numbers that AWS sets: quotas of an account as it comes, and how much one call takes. Quotas can be raised, so only AWS refuses by them.

/** Default quotas ("Quotas for your Network Load Balancers", "Amazon VPC quotas"). Reaching one is told before AWS says so. */
export const quotas = {
  listenersPerLoadBalancer: 50,
  certificatesPerLoadBalancer: 25,
  targetsPerLoadBalancerAndZone: 500,
  targetsPerTargetGroup: 1000,
  /** Rules for IPv4 and for IPv6 count apart; a rule for a security group counts as both, one for a prefix list as many as it may hold. */
  inboundRulesPerSecurityGroup: 60,
  securityGroupsPerInterface: 5,
  tagsPerResource: 50,
  /** "Quotas for your Application Load Balancers"; rules without the default ones. */
  rulesPerApplicationLoadBalancer: 100,
  targetGroupsPerApplicationLoadBalancer: 100,
  targetGroupsPerAction: 5,
  conditionValuesPerRule: 5,
  wildcardsPerRule: 6,
} as const

/** How much one call takes, by the API references of ELBv2 and EC2. */
export const batches = {
  /** DescribeLoadBalancers, DescribeTargetGroups by ARN, DescribeTags. */
  arnsPerDescribe: 20,
  /** Page of a list without ARNs. */
  pageSize: 400,
  /** RegisterTargets and DeregisterTargets. */
  targetsPerCall: 200,
} as const

/** A rule's priority is a number from 1 to this; the lowest is asked first (ELBv2 API, CreateRule). */
export const greatestPriority = 50_000

/** Longest value of a condition, regular expressions too (ELBv2 API, RuleCondition). */
export const longestConditionValue = 128

/** A subnet needs this many free addresses to take in a load balancer (ELBv2 API, CreateLoadBalancer; user guide, "Subnets"). */
export const freeAddressesNeeded = 8
