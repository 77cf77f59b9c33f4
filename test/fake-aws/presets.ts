// What a test finds in the account before it begins: networks, instances, addresses, certificates.
import { firstFree } from './addressing.ts'
import type { Account } from './call.ts'
import { allowAllEgress } from './ec2/security-groups.ts'
import type { AcmCertificate, Instance, SecurityGroup, Subnet, Tags } from './records.ts'

/** Presets were always there, also for stale reads. */
const always = Number.NEGATIVE_INFINITY

export type VpcOptions = {
  /** Letters of the zones; a, b and c when absent. */
  readonly zones?: readonly string[]
  /** Whether each zone gets a public subnet; true when absent. */
  readonly public?: boolean
  /** Whether each zone gets a private subnet; true when absent. */
  readonly private?: boolean
  /** The second number of its range 10.x.0.0/16, so that several VPCs differ. */
  readonly number?: number
  readonly ipv6?: boolean
  /** Free addresses of every subnet; those of a /20 when absent. */
  readonly free?: number
  /** Whether subnets carry the role tags by which controllers find them; true when absent. */
  readonly roleTags?: boolean
  readonly tags?: Tags
  /** More tags for each subnet. */
  readonly subnetTags?: Tags
}

export type Vpc = {
  readonly id: string
  readonly cidr: string
  readonly zones: readonly string[]
  readonly publicSubnets: readonly Subnet[]
  readonly privateSubnets: readonly Subnet[]
  readonly defaultSecurityGroup: string
}

export type InstanceOptions = {
  readonly subnet: Subnet
  /** Security groups; the VPC's default one when absent. */
  readonly groups?: readonly string[]
  readonly state?: Instance['state']
  readonly ipv6?: string
  /** How many more addresses its interface has, for pods. */
  readonly pods?: number
  readonly tags?: Tags
}

export type PresetInstance = {
  readonly id: string
  /** As `spec.providerID` of its node. */
  readonly providerId: string
  readonly privateIp: string
  readonly zone: string
  readonly interfaceId: string
  readonly podIps: readonly string[]
}

export type Presets = {
  createVpc(options?: VpcOptions): Vpc
  createSubnet(options: Omit<Subnet, 'id'>): Subnet
  createInstance(options: InstanceOptions): PresetInstance
  createSecurityGroup(options: { readonly vpcId: string; readonly name: string; readonly tags?: Tags }): SecurityGroup
  /** An Elastic IP address; gives its allocation id. */
  createAddress(options?: { readonly tags?: Tags }): string
  /** A managed prefix list; gives its id. */
  createPrefixList(options: { readonly name: string; readonly maxEntries: number; readonly family?: 'IPv4' | 'IPv6' }): string
  /** A certificate that is there already; gives its ARN. */
  createCertificate(
    options: { readonly domain: string } & Partial<
      Pick<AcmCertificate, 'names' | 'status' | 'keyAlgorithm' | 'type' | 'tags' | 'notAfter'>
    >,
  ): string
  /** A regional web ACL; gives its ARN. */
  createWebAcl(options: { readonly name: string }): string
  /** A role whose trust policy asks for an external id (IAM user guide, "The confused deputy problem"); gives its ARN. */
  createRole(options: { readonly name: string; readonly externalId?: string }): string
  setInstanceState(id: string, state: Instance['state']): void
}

/** Presets of an account. */
export function presets(account: Account): Presets {
  const { world, settings, newId } = account

  const createSubnet: Presets['createSubnet'] = options => {
    const subnet = { ...options, id: `subnet-0${newId(16)}` }
    world.subnets.put(subnet.id, subnet, always)
    return subnet
  }
  const createSecurityGroup: Presets['createSecurityGroup'] = ({ vpcId, name, tags = {} }) => {
    const id = `sg-0${newId(16)}`
    const arn = `arn:aws:ec2:${settings.region}:${settings.account}:security-group/${id}`
    const group = { id, arn, name, description: name, vpcId, rules: [allowAllEgress(account)], tags }
    world.securityGroups.put(id, group, always)
    return group
  }
  const createInstance: Presets['createInstance'] = options => {
    const { subnet, tags = {}, state = 'running' } = options
    const groups =
      options.groups ??
      world.securityGroups.values().flatMap(group => (group.vpcId === subnet.vpcId && group.name === 'default' ? [group.id] : []))
    const taken = new Set(world.networkInterfaces.values().flatMap(found => found.privateIps))
    const addresses = Array.from({ length: 1 + (options.pods ?? 0) }, () => {
      const address = firstFree(subnet.cidr, taken)
      if (address === undefined) throw new Error(`subnet ${subnet.id} has no free address`)
      taken.add(address)
      return address
    })
    const [privateIp = '', ...podIps] = addresses
    const place = { vpcId: subnet.vpcId, subnetId: subnet.id, zone: subnet.zone, groups }
    const id = `i-0${newId(16)}`
    const interfaceId = `eni-0${newId(16)}`
    world.instances.put(id, { ...place, id, privateIp, ipv6: options.ipv6, state, tags }, always)
    const ipv6s = options.ipv6 === undefined ? [] : [options.ipv6]
    const description = `interface of ${id}`
    const networkInterface = {
      ...place,
      id: interfaceId,
      privateIps: addresses,
      ipv6s,
      description,
      type: 'interface' as const,
      instanceId: id,
      tags: {},
    }
    world.networkInterfaces.put(interfaceId, networkInterface, always)
    return { id, providerId: `aws:///${subnet.zone}/${id}`, privateIp, zone: subnet.zone, interfaceId, podIps }
  }
  return {
    createVpc: options => createVpc(account, options ?? {}, createSubnet, createSecurityGroup),
    createSubnet,
    createSecurityGroup,
    createInstance,
    createAddress: ({ tags = {} } = {}) => {
      const allocationId = `eipalloc-0${newId(16)}`
      const publicIp = `203.0.113.${world.addresses.values().length + 1}`
      world.addresses.put(allocationId, { allocationId, publicIp, tags }, always)
      return allocationId
    },
    createPrefixList: ({ name, maxEntries, family = 'IPv4' }) => {
      const id = `pl-0${newId(16)}`
      world.prefixLists.put(id, { id, name, maxEntries, family }, always)
      return id
    },
    createCertificate: ({ domain, ...options }) => {
      const arn = `arn:aws:acm:${settings.region}:${settings.account}:certificate/${newId(8)}-${newId(4)}-4${newId(3)}-a${newId(3)}-${newId(12)}`
      const basics = { names: [domain], status: 'ISSUED', type: 'AMAZON_ISSUED', keyAlgorithm: 'RSA_2048', tags: {} } as const
      world.certificates.put(arn, { ...basics, ...options, arn, domain, createdAt: account.now() }, always)
      return arn
    },
    createWebAcl: ({ name }) => {
      const id = `${newId(8)}-${newId(4)}-4${newId(3)}-a${newId(3)}-${newId(12)}`
      const arn = `arn:aws:wafv2:${settings.region}:${settings.account}:regional/webacl/${name}/${id}`
      world.webAcls.put(arn, { arn, name, id }, always)
      return arn
    },
    createRole: ({ name, externalId }) => {
      const arn = `arn:aws:iam::${settings.account}:role/${name}`
      world.roleTrusts.put(arn, { externalId }, always)
      return arn
    },
    setInstanceState: (id, state) => {
      const instance = world.instances.get(id)
      if (!instance) throw new Error(`there is no instance ${id}`)
      world.instances.put(id, { ...instance, state })
    },
  }
}

function createVpc(
  account: Account,
  options: VpcOptions,
  createSubnet: Presets['createSubnet'],
  createSecurityGroup: Presets['createSecurityGroup'],
): Vpc {
  const { world, settings, newId } = account
  const { number = 0, zones = ['a', 'b', 'c'], roleTags = true } = options
  const id = `vpc-0${newId(16)}`
  const cidr = `10.${number}.0.0/16`
  const prefix6 = `2001:db8:${number.toString(16)}`
  world.vpcs.put(id, { id, cidrs: [cidr], ipv6Cidrs: options.ipv6 ? [`${prefix6}::/48`] : [], tags: options.tags ?? {} }, always)
  const subnetsOf = (isPublic: boolean) =>
    zones.map((zone, index) => {
      const place = index + (isPublic ? 0 : zones.length)
      const role = isPublic ? 'kubernetes.io/role/elb' : 'kubernetes.io/role/internal-elb'
      return createSubnet({
        vpcId: id,
        zone: `${settings.region}${zone}`,
        cidr: `10.${number}.${place * 16}.0/20`,
        ipv6Cidr: options.ipv6 ? `${prefix6}:${place}::/64` : undefined,
        free: options.free ?? 4091,
        public: isPublic,
        tags: { ...(roleTags ? { [role]: '1' } : {}), ...options.subnetTags },
      })
    })
  const publicSubnets = options.public === false ? [] : subnetsOf(true)
  const privateSubnets = options.private === false ? [] : subnetsOf(false)
  const routes = (main: boolean, subnets: readonly Subnet[], gateway?: string) => {
    const table = `rtb-0${newId(16)}`
    world.routeTables.put(
      table,
      { id: table, vpcId: id, main, subnets: subnets.map(subnet => subnet.id), gateway, tags: {} },
      always,
    )
  }
  routes(true, [])
  if (publicSubnets.length > 0) routes(false, publicSubnets, `igw-0${newId(16)}`)
  if (privateSubnets.length > 0) routes(false, privateSubnets)
  const group = createSecurityGroup({ vpcId: id, name: 'default' })
  return {
    id,
    cidr,
    zones: zones.map(zone => `${settings.region}${zone}`),
    publicSubnets,
    privateSubnets,
    defaultSecurityGroup: group.id,
  }
}
