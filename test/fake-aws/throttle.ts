// Throttling: a token bucket for each class of calls, as AWS has one per account and region.
import type { AwsError } from './errors.ts'
import { awsError } from './errors.ts'

/** How many calls may come at once, and how many tokens return each second. */
export type Bucket = { readonly burst: number; readonly perSecond: number }

export type ApiClass = 'elb-read' | 'elb-write' | 'elb-targets' | 'ec2-read' | 'ec2-write' | 'acm' | 'wafv2' | 'sts'

export type Buckets = Partial<Readonly<Record<ApiClass, Bucket>>>

/**
 * Limits like AWS's. EC2: "Request throttling for the Amazon EC2 API", bucket sizes and refill rates of non-mutating and mutating
 * actions. Elastic Load Balancing and ACM publish none per call; these are below what controllers there assume.
 */
export const awsLikeBuckets: Buckets = {
  'elb-read': { burst: 40, perSecond: 10 },
  'elb-write': { burst: 40, perSecond: 10 },
  'elb-targets': { burst: 20, perSecond: 4 },
  'ec2-read': { burst: 100, perSecond: 20 },
  'ec2-write': { burst: 50, perSecond: 5 },
  acm: { burst: 10, perSecond: 5 },
  // "Maximum number of requests" in the quotas of AWS WAF: one call per second that associates.
  wafv2: { burst: 5, perSecond: 1 },
}

/** The class a call counts in. */
export function classOf(service: string, operation: string): ApiClass {
  const reads = /^(Describe|List|Get)/.test(operation)
  if (service === 'ec2') return reads ? 'ec2-read' : 'ec2-write'
  if (service === 'acm') return 'acm'
  if (service === 'wafv2') return 'wafv2'
  if (service === 'sts') return 'sts'
  if (operation === 'RegisterTargets' || operation === 'DeregisterTargets') return 'elb-targets'
  return reads ? 'elb-read' : 'elb-write'
}

/** How each service says it: the Common Errors page of its API reference. */
const answers: Readonly<Record<string, () => AwsError>> = {
  ec2: () => awsError('RequestLimitExceeded', 'Request limit exceeded.'),
  acm: () => awsError('ThrottlingException', 'Rate exceeded'),
  wafv2: () => awsError('ThrottlingException', 'Rate exceeded'),
}

export type Throttle = {
  /** Takes a token for a call; the error of AWS when there is none. */
  take(service: string, operation: string): AwsError | undefined
  /** Replaces the limits; full buckets. */
  readonly set: (buckets: Buckets) => void
}

/** Buckets that are full at first. Classes without one are not limited. */
export function throttle(now: () => number, initial: Buckets = {}): Throttle {
  let buckets = initial
  const levels = new Map<ApiClass, { tokens: number; at: number }>()
  return {
    take(service, operation) {
      const kind = classOf(service, operation)
      const bucket = buckets[kind]
      if (!bucket) return undefined
      const level = levels.get(kind) ?? { tokens: bucket.burst, at: now() }
      const tokens = Math.min(bucket.burst, level.tokens + ((now() - level.at) / 1000) * bucket.perSecond)
      levels.set(kind, { tokens: tokens < 1 ? tokens : tokens - 1, at: now() })
      return tokens < 1 ? (answers[service]?.() ?? awsError('Throttling', 'Rate exceeded')) : undefined
    },
    set(next) {
      buckets = next
      levels.clear()
    },
  }
}
