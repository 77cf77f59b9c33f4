// Looks up a certificate by its ARN.
import { awsError } from '../errors.ts'
import type { AcmCertificate } from '../records.ts'
import type { View } from '../world.ts'

/** API_DescribeCertificate, Errors. Throws InvalidArnException or ResourceNotFoundException. */
export function certificateOf(view: Pick<View, 'certificates'>, arn = ''): AcmCertificate {
  if (!/^arn:aws[^:]*:acm:[^:]+:\d{12}:certificate\/.+$/.test(arn))
    throw awsError('InvalidArnException', `${arn} is not a valid certificate ARN`)
  const found = view.certificates.get(arn)
  if (!found) throw awsError('ResourceNotFoundException', `Could not find certificate ${arn}`)
  return found
}
