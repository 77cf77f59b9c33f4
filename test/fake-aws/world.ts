// Everything the fake AWS account holds: one table per kind of resource.
import type {
  AcmCertificate,
  ElasticIp,
  HealthOverride,
  Instance,
  Listener,
  LoadBalancer,
  NetworkInterface,
  PrefixList,
  RouteTable,
  Rule,
  SecurityGroup,
  Subnet,
  TargetGroup,
  Vpc,
  WebAcl,
} from './records.ts'
import type { Snapshot, Table } from './table.ts'
import { table } from './table.ts'

type Records = {
  /** By target id, `id:port`, or `group id:port`. */
  healthOverrides: HealthOverride
  loadBalancers: LoadBalancer
  targetGroups: TargetGroup
  listeners: Listener
  rules: Rule
  vpcs: Vpc
  subnets: Subnet
  routeTables: RouteTable
  securityGroups: SecurityGroup
  networkInterfaces: NetworkInterface
  instances: Instance
  addresses: ElasticIp
  prefixLists: PrefixList
  certificates: AcmCertificate
  webAcls: WebAcl
  /** The ARN of the web ACL, by that of the load balancer. */
  webAclsOfBalancers: string
  /** What the trust policies of roles ask for, by ARN. */
  roleTrusts: { readonly externalId?: string | undefined }
}

export type World = { readonly [Kind in keyof Records]: Table<Records[Kind]> }

/** The world as of one moment. */
export type View = { readonly [Kind in keyof Records]: Snapshot<Records[Kind]> }

/** An empty account. */
export function emptyWorld(now: () => number): World {
  return {
    healthOverrides: table(now),
    loadBalancers: table(now),
    targetGroups: table(now),
    listeners: table(now),
    rules: table(now),
    vpcs: table(now),
    subnets: table(now),
    routeTables: table(now),
    securityGroups: table(now),
    networkInterfaces: table(now),
    instances: table(now),
    addresses: table(now),
    prefixLists: table(now),
    certificates: table(now),
    webAcls: table(now),
    webAclsOfBalancers: table(now),
    roleTrusts: table(now),
  }
}

/** The world as it was at `time`. */
export function viewAt(world: World, time: number): View {
  return {
    healthOverrides: world.healthOverrides.at(time),
    loadBalancers: world.loadBalancers.at(time),
    targetGroups: world.targetGroups.at(time),
    listeners: world.listeners.at(time),
    rules: world.rules.at(time),
    vpcs: world.vpcs.at(time),
    subnets: world.subnets.at(time),
    routeTables: world.routeTables.at(time),
    securityGroups: world.securityGroups.at(time),
    networkInterfaces: world.networkInterfaces.at(time),
    instances: world.instances.at(time),
    addresses: world.addresses.at(time),
    prefixLists: world.prefixLists.at(time),
    certificates: world.certificates.at(time),
    webAcls: world.webAcls.at(time),
    webAclsOfBalancers: world.webAclsOfBalancers.at(time),
    roleTrusts: world.roleTrusts.at(time),
  }
}
