// The certificate lists of listeners, for server name indication.
import type {
  AddListenerCertificatesInput,
  AddListenerCertificatesOutput,
  Certificate,
  DescribeListenerCertificatesInput,
  DescribeListenerCertificatesOutput,
  RemoveListenerCertificatesInput,
  RemoveListenerCertificatesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { awsError, invalid } from '../errors.ts'
import type { Listener } from '../records.ts'
import { findListener, listenersOf } from './find.ts'
import { elbPage } from './pages.ts'
import { isSecure } from './protocols.ts'

/** The ARN of a certificate that a listener may use. Throws CertificateNotFound, UnsupportedCertificate or ValidationError. */
export function checkCertificate(call: Call, arn: string | undefined): string {
  if (arn === undefined || !/^arn:aws[^:]*:(acm:[^:]+:\d+:certificate|iam::\d+:server-certificate)\/.+/.test(arn)) {
    throw invalid(`Certificate ARN '${arn}' is not valid`)
  }
  const certificate = call.references.certificates.get(arn)
  if (!certificate) throw awsError('CertificateNotFound', `Certificate '${arn}' not found`)
  // "SSL certificates" in the user guides: the certificate must have been issued.
  if (certificate.status !== 'ISSUED')
    throw awsError('UnsupportedCertificate', `The certificate '${arn}' is in state ${certificate.status}`)
  return arn
}

function secureListener(call: Call, arn: string | undefined): Listener {
  const listener = findListener(call.world, arn)
  if (!isSecure(listener.protocol)) throw awsError('OperationNotPermitted', `A ${listener.protocol} listener has no certificates`)
  return listener
}

function arnsOf(certificates: readonly Certificate[] | undefined): readonly string[] {
  if (!certificates?.length) throw invalid('At least one certificate must be specified')
  if (certificates.some(certificate => certificate.IsDefault !== undefined)) {
    throw invalid('You cannot set IsDefault when specifying a certificate as an input')
  }
  return certificates.map(certificate => certificate.CertificateArn ?? '')
}

function add(input: AddListenerCertificatesInput, call: Call): AddListenerCertificatesOutput {
  const listener = secureListener(call, input.ListenerArn)
  const arns = arnsOf(input.Certificates).map(arn => checkCertificate(call, arn))
  const certificates = [...new Set([...listener.certificates, ...arns])]
  const others = listenersOf(call.world, listener.loadBalancer).filter(other => other.arn !== listener.arn)
  const count = certificates.length + others.reduce((sum, other) => sum + other.certificates.length, 0)
  const limit = call.settings.quotas.certificatesPerLoadBalancer
  if (count > limit)
    throw awsError('TooManyCertificates', `A load balancer cannot have more than ${limit} certificates beside the default ones`)
  call.world.listeners.put(listener.arn, { ...listener, certificates })
  return { Certificates: arns.map(CertificateArn => ({ CertificateArn, IsDefault: false })) }
}

function remove(input: RemoveListenerCertificatesInput, call: Call): RemoveListenerCertificatesOutput {
  const listener = secureListener(call, input.ListenerArn)
  const gone = new Set(arnsOf(input.Certificates))
  // "Remove a certificate from the certificate list": the default certificate is replaced, not removed.
  const isDefault =
    listener.certificate !== undefined && gone.has(listener.certificate) && !listener.certificates.includes(listener.certificate)
  if (isDefault)
    throw awsError('OperationNotPermitted', `Certificate '${listener.certificate}' is the default of listener '${listener.arn}'`)
  call.world.listeners.put(listener.arn, { ...listener, certificates: listener.certificates.filter(arn => !gone.has(arn)) })
  return {}
}

function describe(input: DescribeListenerCertificatesInput, call: Call): DescribeListenerCertificatesOutput {
  const listener = findListener(call.seen, input.ListenerArn)
  const first = listener.certificate === undefined ? [] : [{ CertificateArn: listener.certificate, IsDefault: true }]
  const all = [...first, ...listener.certificates.map(CertificateArn => ({ CertificateArn, IsDefault: false }))]
  const { items, next } = elbPage(call, all, input)
  return { Certificates: items, ...next }
}

export const listenerCertificateOperations = {
  AddListenerCertificates: add,
  RemoveListenerCertificates: remove,
  DescribeListenerCertificates: describe,
} satisfies Operations
