// The certificates of ACM, listed.
import type { CertificateSummary, KeyAlgorithm } from '@aws-sdk/client-acm'
import type { AwsCalls, Caller } from '../calls/calls.ts'
import type { ListedCertificate } from '../ingress/certificates.ts'

const pageSize = 1000
/** Without a filter, ACM lists only keys of RSA with up to 2,048 bits (API_Filters). */
const keyTypes: KeyAlgorithm[] = ['RSA_1024', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1', 'EC_secp521r1']

/** Those that are issued, with keys of every kind. */
export async function listCertificates(calls: AwsCalls, caller: Caller): Promise<readonly ListedCertificate[]> {
  return (await summaries(calls, caller)).map(({ CertificateArn = '', NotAfter, ...names }) => ({
    arn: CertificateArn,
    names: namesOf(names),
    notAfter: NotAfter?.getTime() ?? Number.POSITIVE_INFINITY,
  }))
}

export async function summaries(calls: AwsCalls, caller: Caller): Promise<readonly CertificateSummary[]> {
  const all: CertificateSummary[] = []
  let next: string | undefined
  do {
    const token = next === undefined ? {} : { NextToken: next }
    const filter = { CertificateStatuses: ['ISSUED' as const], Includes: { keyTypes }, MaxItems: pageSize }
    const answer = await calls.acm('ListCertificates', { ...filter, ...token }, caller)
    all.push(...(answer.CertificateSummaryList ?? []))
    next = answer.NextToken === '' ? undefined : answer.NextToken
  } while (next !== undefined)
  return all
}

/** DNS names in lower case. */
export function namesOf({
  DomainName,
  SubjectAlternativeNameSummaries = [],
}: Pick<CertificateSummary, 'DomainName' | 'SubjectAlternativeNameSummaries'>): readonly string[] {
  const all = [...(DomainName === undefined ? [] : [DomainName]), ...SubjectAlternativeNameSummaries]
  return [...new Set(all.map(name => name.toLowerCase()))]
}
