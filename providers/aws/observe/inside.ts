// Whether an address is of the VPC: then it is in one of its subnets. Pure.
import type { Subnet } from '@aws-sdk/client-ec2'
import { cidrContains, parseAddress } from '../../../src/model/address.ts'
import { subnetFacts } from '../discovery/network.ts'

export function isInside(subnets: readonly Subnet[]): (address: string) => boolean {
  const ranges = subnets.map(subnetFacts).flatMap(({ cidr, ipv6Cidrs }) => [cidr, ...ipv6Cidrs])
  return text => {
    const address = parseAddress(text)
    return address !== undefined && ranges.some(range => cidrContains(range, address))
  }
}
