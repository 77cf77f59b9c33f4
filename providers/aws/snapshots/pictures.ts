// The shared pictures of one place: what of each kind is in its VPC, listed in batches for all load balancers together.
import type { NetworkInterface, Subnet } from '@aws-sdk/client-ec2'
import type { AwsCalls, Caller } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import type { ListedCertificate } from '../ingress/certificates.ts'
import { listCertificates } from './certificates.ts'
import { createRecent } from './recent.ts'
import type { Recent } from './recent.ts'
import { createRulePictures } from './rules.ts'
import type { RulePictures } from './rules.ts'
import { foundLoadBalancer, foundSecurityGroup, foundTargetGroup } from './shapes.ts'
import type { FoundListener, FoundLoadBalancer, FoundSecurityGroup, FoundTargetGroup, Tags } from './shapes.ts'
import { createTable } from './table.ts'
import type { SnapshotTable } from './table.ts'

export interface Pictures {
  /** All of the region: names are taken there, whichever VPC they are in. */
  readonly loadBalancers: SnapshotTable<FoundLoadBalancer>
  /** Those with names of ours, and of the controller before us once `listLeft` was asked for. */
  readonly targetGroups: SnapshotTable<FoundTargetGroup>
  /** From now on target groups of AWS Load Balancer Controller are listed too: something of it is taken over. */
  listLeft(signal: AbortSignal): Promise<void>
  readonly securityGroups: SnapshotTable<FoundSecurityGroup>
  readonly subnets: SnapshotTable<Subnet>
  readonly interfaces: SnapshotTable<NetworkInterface>
  /** Certificates of ACM that are issued. */
  readonly certificates: SnapshotTable<ListedCertificate>
  /** Regional web ACLs of WAFv2, by name. */
  readonly webAcls: SnapshotTable<{ readonly name: string; readonly arn: string }>
  /** Listeners are listed load balancer by load balancer; here are those we wrote. */
  readonly listeners: Recent<FoundListener>
  /** Rules of listeners, as far as they were looked at. */
  readonly rules: RulePictures
}

/** ELBv2 and EC2 give at most so many per page. */
const elbPage = 400
const ec2Page = 1000
/** ELBv2 takes at most so many ARNs in one DescribeTags (API_DescribeTags). */
const tagBatch = 20
/** Target groups are never named by users, so that others need not be asked about. */
const ourNames = 'weir-'
/** How AWS Load Balancer Controller begins the names of all its target groups. */
const leftNames = 'k8s-'

export function createPictures(options: {
  readonly calls: AwsCalls
  readonly vpcId: string
  readonly monotonic: () => number
  /** Ends listings that are shared. */
  readonly signal: AbortSignal
}): Pictures {
  const { calls, vpcId, monotonic, signal } = options
  const caller: Caller = { key: 'shared', signal }
  const inVpc = [{ Name: 'vpc-id', Values: [vpcId] }]
  const asks = [ourNames]
  const pictures: Pictures = {
    listLeft: async until => {
      if (asks.includes(leftNames)) return
      asks.push(leftNames)
      if (pictures.targetGroups.listedAt !== undefined) await pictures.targetGroups.refresh(until)
    },
    listeners: createRecent(({ arn }) => arn, monotonic),
    rules: createRulePictures(monotonic),
    loadBalancers: createTable({
      monotonic,
      keyOf: ({ arn }) => arn,
      list: async () => {
        const all = await pages(async Marker => {
          const answer = await calls.elb(
            'DescribeLoadBalancers',
            { PageSize: elbPage, ...(Marker === undefined ? {} : { Marker }) },
            caller,
          )
          return { items: answer.LoadBalancers ?? [], next: answer.NextMarker }
        })
        const asked = all.filter(({ Type, VpcId }) => Type !== 'gateway' && VpcId === vpcId)
        const tags = await tagsOf(
          calls,
          asked.flatMap(({ LoadBalancerArn }) => LoadBalancerArn ?? []),
          caller,
        )
        return all.map(each => foundLoadBalancer(each, tags.get(each.LoadBalancerArn ?? '') ?? {}))
      },
    }),
    targetGroups: createTable({
      monotonic,
      keyOf: ({ arn }) => arn,
      list: async () => {
        const all = await pages(async Marker => {
          const answer = await calls.elb(
            'DescribeTargetGroups',
            { PageSize: elbPage, ...(Marker === undefined ? {} : { Marker }) },
            caller,
          )
          return { items: answer.TargetGroups ?? [], next: answer.NextMarker }
        })
        const asked = all.filter(
          ({ TargetGroupName, VpcId }) => asks.some(name => TargetGroupName?.startsWith(name)) && VpcId === vpcId,
        )
        const tags = await tagsOf(
          calls,
          asked.flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []),
          caller,
        )
        return asked.map(each => foundTargetGroup(each, tags.get(each.TargetGroupArn ?? '') ?? {}))
      },
    }),
    securityGroups: createTable({
      monotonic,
      keyOf: ({ id }) => id,
      list: async () => {
        const all = await pages(async NextToken => {
          const answer = await calls.ec2('DescribeSecurityGroups', { Filters: inVpc, ...ec2Paging(NextToken) }, caller)
          return { items: answer.SecurityGroups ?? [], next: answer.NextToken }
        })
        return all.map(foundSecurityGroup)
      },
    }),
    subnets: createTable({
      monotonic,
      keyOf: ({ SubnetId }) => SubnetId ?? '',
      list: () =>
        pages(async NextToken => {
          const answer = await calls.ec2('DescribeSubnets', { Filters: inVpc, ...ec2Paging(NextToken) }, caller)
          return { items: answer.Subnets ?? [], next: answer.NextToken }
        }),
    }),
    certificates: createTable({ monotonic, keyOf: ({ arn }) => arn, list: () => listCertificates(calls, caller) }),
    webAcls: createTable({
      monotonic,
      keyOf: ({ name }) => name,
      list: async () => {
        const all = await pages(async NextMarker => {
          const marker = NextMarker === undefined ? {} : { NextMarker }
          const answer = await calls.waf('ListWebACLs', { Scope: 'REGIONAL', Limit: 100, ...marker }, caller)
          return { items: answer.WebACLs ?? [], next: answer.NextMarker }
        })
        return all.map(({ Name = '', ARN = '' }) => ({ name: Name, arn: ARN }))
      },
    }),
    interfaces: createTable({
      monotonic,
      keyOf: ({ NetworkInterfaceId }) => NetworkInterfaceId ?? '',
      list: () =>
        pages(async NextToken => {
          const answer = await calls.ec2('DescribeNetworkInterfaces', { Filters: inVpc, ...ec2Paging(NextToken) }, caller)
          return { items: answer.NetworkInterfaces ?? [], next: answer.NextToken }
        }),
    }),
  }
  return pictures
}

/** What a table holds, listed anew when it is older than `maxAgeMs`. */
export async function notOlder<T>(
  table: SnapshotTable<T>,
  maxAgeMs: number,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, T>> {
  const { listedAt } = table
  return listedAt !== undefined && now - listedAt > maxAgeMs ? table.refresh(signal) : table.all(signal)
}

/** Tags by ARN. What is gone meanwhile has none. */
export async function tagsOf(calls: AwsCalls, arns: readonly string[], caller: Caller): Promise<ReadonlyMap<string, Tags>> {
  const batches = Array.from({ length: Math.ceil(arns.length / tagBatch) }, (_, index) =>
    arns.slice(index * tagBatch, (index + 1) * tagBatch),
  )
  const answers = await Promise.all(batches.map(batch => tagsOfBatch(calls, batch, caller)))
  return new Map(answers.flat())
}

async function tagsOfBatch(
  calls: AwsCalls,
  arns: readonly string[],
  caller: Caller,
): Promise<readonly (readonly [string, Tags])[]> {
  try {
    const { TagDescriptions = [] } = await calls.elb('DescribeTags', { ResourceArns: [...arns] }, caller)
    return TagDescriptions.map(({ ResourceArn, Tags = [] }) => [
      ResourceArn ?? '',
      Object.fromEntries(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    ])
  } catch (error) {
    if (!isGone(error)) throw error
    if (arns.length === 1) return []
    // One of them is gone, and AWS says nothing of the others.
    const half = Math.ceil(arns.length / 2)
    const parts = await Promise.all([arns.slice(0, half), arns.slice(half)].map(part => tagsOfBatch(calls, part, caller)))
    return parts.flat()
  }
}

function ec2Paging(NextToken: string | undefined) {
  return { MaxResults: ec2Page, ...(NextToken === undefined ? {} : { NextToken }) }
}

export async function pages<T>(
  page: (next: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<readonly T[]> {
  const all: T[] = []
  let next: string | undefined
  do {
    const answer = await page(next)
    all.push(...answer.items)
    next = answer.next === '' ? undefined : answer.next
  } while (next !== undefined)
  return all
}
