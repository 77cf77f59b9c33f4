// Certificates of Secrets in ACM: imported once, renewed in place, and deleted when nobody shows them any more.
import type { ApplicationAction } from '../../actions/application.ts'
import { hasCode } from '../../calls/errors.ts'
import { ownerOf } from '../../model/names.ts'
import { contentTag, isOwnedBy } from '../../model/ownership.ts'
import { recordLines } from '../../plan/believed.ts'
import { idIn, noteAttributes } from '../run.ts'
import type { Run } from '../run.ts'
import type { CertificateRef } from '../../model/application.ts'
import { tagList } from '../make.ts'
import { certificateContent, chainParts } from './secrets.ts'

type Step<Kind extends ApplicationAction['kind']> = (
  run: Run,
  action: Extract<ApplicationAction, { readonly kind: Kind }>,
) => Promise<void>

/**
 * What is imported anew carries its tags from the first moment, so that it is found again whatever happens after it. What takes the
 * place of another one is tagged afterwards, as AWS wants it (API_ImportCertificate): a run that is cut between does it again.
 */
export const importCertificate: Step<'import-certificate'> = async (run, { certificate, arn }) => {
  const { calls } = run.location
  const { key, hash, tags } = certificate
  const { chain, key: privateKey } = await certificateContent(run, certificate)
  const { first, rest } = chainParts(chain)
  const content = {
    Certificate: Buffer.from(first),
    PrivateKey: Buffer.from(privateKey),
    ...(rest === '' ? {} : { CertificateChain: Buffer.from(rest) }),
  }
  const input = arn === undefined ? { ...content, Tags: tagList(tags) } : { ...content, CertificateArn: arn }
  const { CertificateArn } = await calls.acm('ImportCertificate', input, run.caller)
  const made = arn ?? CertificateArn ?? ''
  if (arn !== undefined) await calls.acm('AddTagsToCertificate', { CertificateArn: arn, Tags: tagList(tags) }, run.caller)
  run.ids.set(`certificate/${key}`, made)
  noteAttributes(run, `certificate/${key}`, recordLines({ [contentTag]: hash }))
}

/** Only after a fresh look at its tags. AWS needs a moment to see that no listener shows it any more. */
export const deleteCertificate: Step<'delete-certificate'> = async (run, { arn, key }) => {
  const { calls } = run.location
  try {
    const { Tags = [] } = await calls.acm('ListTagsForCertificate', { CertificateArn: arn }, run.caller)
    const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']))
    if (isOwnedBy(tags, run.context.cluster, ownerOf(run.id)))
      await calls.acm('DeleteCertificate', { CertificateArn: arn }, run.caller)
  } catch (error) {
    if (!hasCode(error, 'ResourceNotFound')) throw error
  }
  run.location.pictures.certificates.drop(arn)
  run.ids.delete(`certificate/${key}`)
  const { [`certificate/${key}`]: _gone, ...attributes } = run.record.attributes
  run.record = { ...run.record, attributes }
}

export const addHttpCertificates: Step<'add-http-certificates'> = async (run, { port, certificates }) => {
  const ListenerArn = idIn(run, `listener/${port}`)
  const Certificates = certificates.map(each => ({ CertificateArn: certificateArn(run, each) }))
  await run.location.calls.elb('AddListenerCertificates', { ListenerArn, Certificates }, run.caller)
}

/** The ARN of one that was imported before, or was named. */
export function certificateArn(run: Run, ref: CertificateRef): string {
  return 'arn' in ref ? ref.arn : idIn(run, `certificate/${ref.imported}`)
}
