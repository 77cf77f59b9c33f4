// The certificates of AWS Certificate Manager: list, describe, import, request, delete.
import type {
  CertificateDetail,
  CertificateSummary,
  DeleteCertificateRequest,
  DescribeCertificateRequest,
  DescribeCertificateResponse,
  ImportCertificateRequest,
  ImportCertificateResponse,
  ListCertificatesRequest,
  ListCertificatesResponse,
  RequestCertificateRequest,
  RequestCertificateResponse,
} from '@aws-sdk/client-acm'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import { pageOf } from '../paging.ts'
import type { AcmCertificate } from '../records.ts'
import type { View } from '../world.ts'
import { acmTagOperations, acmTags } from './tags.ts'
import { certificateOf } from './find.ts'
import { parseImported } from './imported.ts'

/** Without a filter only these are listed (API_Filters, keyTypes). */
const listedKeyTypes = ['RSA_1024', 'RSA_2048']

function list(input: ListCertificatesRequest, call: Call): ListCertificatesResponse {
  const size = input.MaxItems ?? 1000
  if (size < 1 || size > 1000) throw awsError('ValidationException', `Value '${size}' at 'maxItems' must be between 1 and 1000`)
  const types: readonly string[] = input.Includes?.keyTypes?.length ? input.Includes.keyTypes : listedKeyTypes
  const found = call.seen.certificates
    .values()
    .filter(certificate => types.includes(certificate.keyAlgorithm))
    .filter(certificate => !input.CertificateStatuses?.length || input.CertificateStatuses.includes(certificate.status))
  const list = `certificates ${JSON.stringify([types, input.CertificateStatuses ?? []])}`
  const refuse = () => awsError('InvalidArgsException', 'The next token is not valid')
  const page = pageOf(found, { list, size, marker: input.NextToken, refuse })
  const summaries = page.items.map(certificate => summaryOf(certificate, usersOf(call.seen, certificate.arn).length > 0))
  return { CertificateSummaryList: summaries, ...(page.next === undefined ? {} : { NextToken: page.next }) }
}

/** The load balancers that use a certificate. */
function usersOf(view: Pick<View, 'listeners'>, arn: string): readonly string[] {
  const users = view.listeners.values().filter(listener => listener.certificate === arn || listener.certificates.includes(arn))
  return [...new Set(users.map(listener => listener.loadBalancer))]
}

/** A list shows at most 100 names ("HasAdditionalSubjectAlternativeNames" in API_CertificateSummary). */
function summaryOf(certificate: AcmCertificate, used: boolean): CertificateSummary {
  return {
    CertificateArn: certificate.arn,
    DomainName: certificate.domain,
    SubjectAlternativeNameSummaries: certificate.names.slice(0, 100),
    HasAdditionalSubjectAlternativeNames: certificate.names.length > 100,
    Status: certificate.status,
    Type: certificate.type,
    KeyAlgorithm: certificate.keyAlgorithm,
    InUse: used,
    ...datesOf(certificate),
  }
}

function datesOf(
  certificate: AcmCertificate,
): Pick<CertificateDetail, 'NotBefore' | 'NotAfter' | 'CreatedAt' | 'IssuedAt' | 'ImportedAt'> {
  const created = new Date(certificate.createdAt)
  return {
    CreatedAt: created,
    ...(certificate.notBefore === undefined ? {} : { NotBefore: new Date(certificate.notBefore) }),
    ...(certificate.notAfter === undefined ? {} : { NotAfter: new Date(certificate.notAfter) }),
    ...(certificate.type === 'IMPORTED' ? { ImportedAt: created } : {}),
    ...(certificate.type === 'AMAZON_ISSUED' && certificate.status === 'ISSUED' ? { IssuedAt: created } : {}),
  }
}

function describe(input: DescribeCertificateRequest, call: Call): DescribeCertificateResponse {
  const certificate = certificateOf(call.seen, input.CertificateArn)
  return {
    Certificate: {
      CertificateArn: certificate.arn,
      DomainName: certificate.domain,
      SubjectAlternativeNames: [...certificate.names],
      Status: certificate.status,
      Type: certificate.type,
      KeyAlgorithm: certificate.keyAlgorithm,
      InUseBy: [...usersOf(call.seen, certificate.arn)],
      ...datesOf(certificate),
    },
  }
}

/** API_ImportCertificate: certificate and key must fit; an ARN renews that certificate in place, without tags. */
function importCertificate(input: ImportCertificateRequest, call: Call): ImportCertificateResponse {
  const parsed = parseImported(input, call.now())
  const again = input.CertificateArn === undefined ? undefined : certificateOf(call.world, input.CertificateArn)
  if (again && input.Tags?.length) throw awsError('ValidationException', 'Tagging is not permitted on re-import.')
  if (again && again.type !== 'IMPORTED') throw awsError('ValidationException', `Certificate '${again.arn}' was not imported`)
  if (again && again.keyAlgorithm !== parsed.keyAlgorithm)
    throw awsError('ValidationException', 'The key algorithm of a certificate cannot change')
  if (!again) checkQuota(call)
  const arn = again?.arn ?? newArn(call)
  const tags = again?.tags ?? acmTags(call, input.Tags, {})
  call.world.certificates.put(arn, { ...parsed, arn, status: 'ISSUED', type: 'IMPORTED', createdAt: call.now(), tags })
  return { CertificateArn: arn }
}

function checkQuota(call: Call): void {
  const limit = call.settings.quotas.certificates
  if (call.world.certificates.values().length >= limit)
    throw awsError('LimitExceededException', `The limit of ${limit} certificates has been reached`)
}

function newArn(call: Call): string {
  const id = call.newId(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return `arn:aws:acm:${call.settings.region}:${call.settings.account}:certificate/${id}`
}

/** Waits for its validation until a test says otherwise. */
function request(input: RequestCertificateRequest, call: Call): RequestCertificateResponse {
  const domain = input.DomainName ?? ''
  if (!/^(\*\.)?(([A-Za-z0-9-]{1,63}\.)+)[A-Za-z0-9-]{1,63}$/.test(domain))
    throw awsError('ValidationException', `Domain name '${domain}' is not valid`)
  checkQuota(call)
  const arn = newArn(call)
  call.world.certificates.put(arn, {
    arn,
    domain,
    names: [...new Set([domain, ...(input.SubjectAlternativeNames ?? [])])],
    status: 'PENDING_VALIDATION',
    type: 'AMAZON_ISSUED',
    keyAlgorithm: input.KeyAlgorithm ?? 'RSA_2048',
    createdAt: call.now(),
    tags: acmTags(call, input.Tags, {}),
  })
  return { CertificateArn: arn }
}

function remove(input: DeleteCertificateRequest, call: Call): object {
  const certificate = certificateOf(call.world, input.CertificateArn)
  const users = usersOf(call.world, certificate.arn)
  if (users.length > 0)
    throw awsError('ResourceInUseException', `Certificate ${certificate.arn} is in use by ${users.join(', ')}`)
  call.world.certificates.delete(certificate.arn)
  return {}
}

export const acmOperations = {
  ListCertificates: list,
  DescribeCertificate: describe,
  ImportCertificate: importCertificate,
  RequestCertificate: request,
  DeleteCertificate: remove,
  ...acmTagOperations,
} satisfies Operations
