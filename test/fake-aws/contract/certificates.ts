// The contract of certificates.
import {
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ImportCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm'
import { expect } from 'vitest'
import { group, listener, network } from './makers.ts'
import type { ContractTest } from './subject.ts'
import { refusal, sentence } from './subject.ts'

export const certificateContract: readonly ContractTest[] = [
  sentence('certificates are listed', async subject => {
    const { CertificateSummaryList } = await subject.acm.send(new ListCertificatesCommand({}))
    expect(CertificateSummaryList?.map(found => found.CertificateArn)).toEqual([subject.site.certificate])
  }),
  sentence('a list of certificates tells all their names', async subject => {
    const { CertificateSummaryList } = await subject.acm.send(new ListCertificatesCommand({}))
    expect(CertificateSummaryList?.[0]?.SubjectAlternativeNameSummaries).toEqual(['www.example.com'])
  }),
  sentence('a certificate has a domain and a status', async subject => {
    const { Certificate } = await subject.acm.send(new DescribeCertificateCommand({ CertificateArn: subject.site.certificate }))
    expect(Certificate).toMatchObject({ DomainName: 'www.example.com', Status: 'ISSUED' })
  }),
  sentence('a requested certificate waits for its validation', async subject => {
    const { CertificateArn } = await subject.acm.send(new RequestCertificateCommand({ DomainName: 'new.example.com' }))
    const { Certificate } = await subject.acm.send(new DescribeCertificateCommand({ CertificateArn }))
    expect(Certificate?.Status).toBe('PENDING_VALIDATION')
  }),
  sentence('a certificate is imported with its tags, and again under its ARN without them', async subject => {
    const { certificate: Certificate, key: PrivateKey } = await subject.site.pem()
    const Tags = [{ Key: 'a', Value: '1' }]
    const { CertificateArn } = await subject.acm.send(new ImportCertificateCommand({ Certificate, PrivateKey, Tags }))
    const again = await subject.acm.send(new ImportCertificateCommand({ CertificateArn, Certificate, PrivateKey }))
    expect(again.CertificateArn).toBe(CertificateArn)
    expect((await subject.acm.send(new ListTagsForCertificateCommand({ CertificateArn }))).Tags).toEqual(Tags)
    const tagged = new ImportCertificateCommand({ CertificateArn, Certificate, PrivateKey, Tags })
    expect(await refusal(subject.acm.send(tagged))).toBe('ValidationException')
  }),
  sentence('a certificate in use is not deleted', async subject => {
    const { LoadBalancerArn } = await network(subject)
    const target = await group(subject)
    const { certificate } = subject.site
    const Certificates = [{ CertificateArn: certificate }]
    await listener(subject, LoadBalancerArn, target.TargetGroupArn, { Protocol: 'TLS', Port: 443, Certificates })
    const call = subject.acm.send(new DeleteCertificateCommand({ CertificateArn: certificate }))
    expect(await refusal(call)).toBe('ResourceInUseException')
  }),
  sentence('a certificate that does not exist is not found', async subject => {
    const CertificateArn = subject.site.certificate.replace(/.{12}$/, '0123456789ab')
    expect(await refusal(subject.acm.send(new DescribeCertificateCommand({ CertificateArn })))).toBe('ResourceNotFoundException')
  }),
  sentence('certificates have tags', async subject => {
    const CertificateArn = subject.site.certificate
    await subject.acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: 'a', Value: '1' }] }))
    expect((await subject.acm.send(new ListTagsForCertificateCommand({ CertificateArn }))).Tags).toEqual([
      { Key: 'a', Value: '1' },
    ])
  }),
]
