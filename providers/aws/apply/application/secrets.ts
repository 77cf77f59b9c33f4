// What Secrets hold, read in the moment in which it is sent to AWS.
import { reasons } from '../../../../src/api/reasons.ts'
import { secretKey } from '../../../../src/model/ingress-group.ts'
import type { SecretContent } from '../../../../src/model/ingress-group.ts'
import { ProviderError } from '../../../../src/provider.ts'
import type { ClientSecretRef, ImportedCertificate, RuleAction } from '../../model/application.ts'
import type { OidcClient } from '../../observe/context.ts'
import type { Run } from '../run.ts'
import { secretsIn } from './rule-inputs.ts'

/**
 * Certificate, chain and key of a Secret. Throws when they cannot be had any more, or are not those that were planned: the
 * change wakes whoever plans.
 */
export async function certificateContent(
  run: Run,
  { key, secret, hash }: ImportedCertificate,
): Promise<Extract<SecretContent, { readonly kind: 'tls' }>> {
  const state = run.secrets.get(secretKey({ kind: 'tls', ...secret }))
  const content = await state?.content(run.caller.signal)
  if (content?.kind === 'tls' && content.fingerprint === hash) return content
  const told = state?.problem
  throw new ProviderError({
    code: told?.reason ?? 'CertificateNotFound',
    message: told?.message ?? `The certificate of Secret ${key} changed while it was being imported.`,
    remedy: told?.remedy ?? reasons.CertificateNotFound.remedy,
    retry: 'later',
  })
}

/** The blocks of a PEM file: the certificate itself and those it is signed with. */
export function chainParts(chain: string): { readonly first: string; readonly rest: string } {
  const blocks = chain.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g) ?? []
  return { first: blocks[0] ?? chain, rest: blocks.slice(1).join('') }
}

/** The clients that actions log in as, by their Secrets. Throws when one cannot be had. */
export async function oidcClients(run: Run, actions: readonly RuleAction[]): Promise<(ref: ClientSecretRef) => OidcClient> {
  const clients = new Map<string, OidcClient>()
  for (const { namespace, name } of secretsIn({ actions })) {
    const content = await run.secrets.get(secretKey({ kind: 'oidc', namespace, name }))?.content(run.caller.signal)
    const client =
      content?.kind === 'oidc'
        ? { id: content.clientId, secret: content.clientSecret }
        : await run.context.oidcClient({ namespace, name }, run.caller.signal)
    const key = `${namespace}/${name}`
    if (!client) {
      const message = `Secret ${key} holds no clientID and clientSecret for logging in.`
      throw new ProviderError({ code: 'InvalidSecret', message, remedy: reasons.InvalidSecret.remedy, retry: 'later' })
    }
    clients.set(key, client)
  }
  return ({ namespace, name }) => clients.get(`${namespace}/${name}`) ?? { id: '', secret: '' }
}
