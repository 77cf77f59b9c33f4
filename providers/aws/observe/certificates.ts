// Whether the certificates that a Service names can be used, before anything is made that would need them.
import { reasons } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { Caller } from '../calls/calls.ts'
import { hasCode } from '../calls/errors.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Stack } from '../model/stack.ts'
import { recorded } from '../plan/believed.ts'
import type { Location } from '../provider/locations.ts'
import type { FoundListener } from '../snapshots/shapes.ts'

/** How long a good answer serves all Services that name it. */
const believedMs = 10 * 60_000
/** When a certificate was last found to be good, by ARN; monotonic. */
const good = new WeakMap<Location, Map<string, number>>()

/**
 * Looks at those that no listener of the owner has yet. Throws CertificateNotFound for one that ACM does not know in the region, or
 * that is not issued. Certificates of IAM are left to AWS, which tells when a listener names one that is not there.
 */
export async function checkCertificates(
  location: Location,
  {
    stack,
    listeners,
    record,
    now,
  }: {
    readonly stack: Stack
    readonly listeners: readonly FoundListener[]
    readonly record: LedgerRecord | undefined
    readonly now: number
  },
  caller: Caller,
): Promise<void> {
  const known = good.get(location) ?? new Map<string, number>()
  good.set(location, known)
  const inUse = new Set(
    listeners.flatMap(({ certificate, port }) => [
      certificate ?? '',
      ...Object.keys(recorded({ record }, `certificates/${port}`) ?? {}),
    ]),
  )
  const wanted = new Set(stack.listeners.flatMap(({ protocol, certificates }) => (protocol === 'TLS' ? certificates : [])))
  const asked = [...wanted].filter(
    arn => !inUse.has(arn) && !(now - (known.get(arn) ?? -Infinity) < believedMs) && arn.split(':')[2] === 'acm',
  )
  const problems = await Promise.all(asked.map(arn => problemOf(location, arn, caller)))
  asked.forEach((arn, index) => problems[index] === undefined && known.set(arn, now))
  const message = problems.flatMap(problem => problem ?? []).join(' ')
  if (message === '') return
  throw new ProviderError({ code: 'CertificateNotFound', message, remedy: reasons.CertificateNotFound.remedy, retry: 'later' })
}

async function problemOf({ calls, place }: Location, arn: string, caller: Caller): Promise<string | undefined> {
  const region = arn.split(':')[3]
  if (region !== place.region) return `The certificate ${arn} is of ${region}, and the load balancer of ${place.region}.`
  try {
    const { Certificate } = await calls.acm('DescribeCertificate', { CertificateArn: arn }, caller)
    const status = Certificate?.Status
    return status === 'ISSUED' ? undefined : `The certificate ${arn} is not issued (${status ?? 'no status'}).`
  } catch (error) {
    if (hasCode(error, 'ResourceNotFound', 'InvalidArn', 'Validation'))
      return `There is no certificate ${arn} in ${place.region}.`
    throw error
  }
}
