// The ACM calls that are made, by name. Imported when the first certificate is looked at.
import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm'

export { ACMClient }

export const acmCommands = { DescribeCertificate: DescribeCertificateCommand } as const
