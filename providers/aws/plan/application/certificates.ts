// Certificates: imported before a listener names them, taken off before they are deleted. Pure.
import type { AwsAction } from '../../actions.ts'
import type { CertificateRef, HttpListener } from '../../model/application.ts'
import type { Seen } from '../../model/seen.ts'
import type { ApplicationStack } from '../../model/stack.ts'
import type { FoundListener } from '../../snapshots/shapes.ts'
import { recorded } from '../believed.ts'

export function importSteps({ imports }: ApplicationStack, { application }: Seen): readonly AwsAction[] {
  return imports.flatMap((certificate): AwsAction[] => {
    const found = application?.certificates.find(({ key }) => key === certificate.key)
    // What is spoilt in the cluster stays in AWS as it was.
    if (certificate.hash === '') return []
    if (!found) return [{ kind: 'import-certificate', certificate }]
    return found.hash === certificate.hash ? [] : [{ kind: 'import-certificate', certificate, arn: found.arn }]
  })
}

/** Those of Secrets that nobody names any more, and those that were imported twice. */
export function unusedSteps({ imports }: ApplicationStack, { application }: Seen): readonly AwsAction[] {
  const kept = new Set(imports.flatMap(({ key }) => application?.certificates.find(each => each.key === key)?.arn ?? []))
  return (application?.certificates ?? [])
    .filter(({ arn }) => !kept.has(arn))
    .map(({ arn, key }) => ({ kind: 'delete-certificate', arn, key }))
}

/** The ARN of a certificate; undefined while it is not imported. */
export function certificateArnOf(ref: CertificateRef, { application }: Seen): string | undefined {
  return 'arn' in ref ? ref.arn : application?.certificates.find(({ key }) => key === ref.imported)?.arn
}

/** The certificates beside the default one. A listener that was changed from HTTP begins with none. */
export function furtherSteps(
  { port, protocol, certificates }: HttpListener,
  found: FoundListener | undefined,
  seen: Seen,
): { readonly add: readonly AwsAction[]; readonly remove: readonly AwsAction[] } {
  const wanted = certificates.slice(1)
  const told = recorded(seen, `certificates/${port}`)
  const isSecure = found?.protocol === 'HTTPS'
  const present = isSecure ? (seen.certificates.get(found.arn) ?? Object.keys(told ?? {})) : []
  const known = new Set(wanted.flatMap(ref => certificateArnOf(ref, seen) ?? []))
  const add = wanted.filter(ref => !present.includes(certificateArnOf(ref, seen) ?? ''))
  const remove = protocol === 'HTTPS' ? present.filter(arn => !known.has(arn)) : []
  return {
    add: add.length > 0 ? [{ kind: 'add-http-certificates', port, certificates: add }] : [],
    remove: found && remove.length > 0 ? [{ kind: 'remove-certificates', port, arn: found.arn, certificates: remove }] : [],
  }
}
