// moto as the subject of the contract: the network is made by its own API.
import { ACMClient, ImportCertificateCommand } from '@aws-sdk/client-acm'
import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { CreateWebACLCommand, WAFV2Client } from '@aws-sdk/client-wafv2'
import type { Moto } from '../moto.ts'
import type { Pem, Site, Subject } from './subject.ts'

const region = 'us-east-1'
const zones = [`${region}a`, `${region}b`, `${region}c`] as const
/** One of the images that moto has from the start. */
const image = 'ami-12c6146b'

/** An empty moto account with the network that contract tests expect. */
export async function motoSubject(moto: Moto, pem: Pem): Promise<Subject> {
  await moto.reset()
  const config = { endpoint: moto.url, region, maxAttempts: 1, credentials: { accessKeyId: 'AKIAMOTO', secretAccessKey: 'moto' } }
  const clients = {
    elbv2: new ElasticLoadBalancingV2Client(config),
    ec2: new EC2Client(config),
    acm: new ACMClient(config),
    wafv2: new WAFV2Client(config),
  }
  return {
    ...clients,
    site: await makeSite(clients, pem),
    settle: () => undefined,
    async [Symbol.asyncDispose]() {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}

async function makeSite(
  { ec2, acm, wafv2 }: { readonly ec2: EC2Client; readonly acm: ACMClient; readonly wafv2: WAFV2Client },
  pem: Pem,
): Promise<Site> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  const VpcId = Vpc?.VpcId ?? ''
  const subnet = async (index: number, AvailabilityZone: string) => {
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: `10.0.${index * 16}.0/20`, AvailabilityZone }))
    return Subnet?.SubnetId ?? ''
  }
  const subnets = [await subnet(0, zones[0]), await subnet(1, zones[1]), await subnet(2, zones[2])] as const
  const privateSubnets = [await subnet(3, zones[0]), await subnet(4, zones[1]), await subnet(5, zones[2])] as const
  const sameZoneSubnet = await subnet(8, zones[0])
  await openToTheInternet(ec2, VpcId, subnets)
  const instance = async (SubnetId: string) => {
    const { Instances } = await ec2.send(new RunInstancesCommand({ ImageId: image, MinCount: 1, MaxCount: 1, SubnetId }))
    return Instances?.[0]?.InstanceId ?? ''
  }
  const allocation = async () => (await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))).AllocationId ?? ''
  const { CertificateArn } = await acm.send(new ImportCertificateCommand({ Certificate: pem.certificate, PrivateKey: pem.key }))
  return {
    vpcId: VpcId,
    subnets,
    privateSubnets,
    sameZoneSubnet,
    zones,
    instances: [await instance(subnets[0]), await instance(subnets[1])],
    address: '10.0.0.200',
    certificate: CertificateArn ?? '',
    pem: () => Promise.resolve(pem),
    webAcl: await webAcl(wafv2),
    allocations: [await allocation(), await allocation(), await allocation()],
  }
}

async function webAcl(wafv2: WAFV2Client): Promise<string> {
  const VisibilityConfig = { SampledRequestsEnabled: false, CloudWatchMetricsEnabled: false, MetricName: 'site' }
  const wanted = { Name: 'site', Scope: 'REGIONAL' as const, DefaultAction: { Allow: {} }, VisibilityConfig }
  const { Summary } = await wafv2.send(new CreateWebACLCommand(wanted))
  return Summary?.ARN ?? ''
}

async function openToTheInternet(ec2: EC2Client, VpcId: string, subnets: readonly string[]): Promise<void> {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}))
  const InternetGatewayId = InternetGateway?.InternetGatewayId ?? ''
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }))
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }))
  const RouteTableId = RouteTable?.RouteTableId ?? ''
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }))
  for (const SubnetId of subnets) await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }))
}
