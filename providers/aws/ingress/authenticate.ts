// Who may send requests: the actions that stand before the one that answers them. Pure.
import type { AuthenticateAction, Authentication, ClientSecretRef } from '../model/application.ts'
import { invalidSettings } from '../model/problems.ts'
import { ingressPrefix } from '../annotations/ingress.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { AskedValues } from './asked.ts'

/** What tells a change of a Secret; empty while it is not known. */
export type SecretHash = (namespace: string, name: string) => string

/** What is missing to ask who it is; while something is, nobody may be let in. */
export function authProblems({ authType, oidc, cognito, jwt }: AskedValues): readonly Problem[] {
  const lacks = (key: string) =>
    invalidSettings(`auth-type is ${authType}, and ${key} is missing.`, `Add ${ingressPrefix}${key}.`)
  return [
    ...(authType === 'oidc' && !oidc ? [lacks('auth-idp-oidc')] : []),
    ...(authType === 'cognito' && !cognito ? [lacks('auth-idp-cognito')] : []),
    ...(jwt && authType !== undefined && authType !== 'none'
      ? [invalidSettings('A rule asks for tokens or signs users in, and not both.', 'Remove auth-type or jwt-validation.')]
      : []),
  ]
}

/** Defaults of AWS Load Balancer Controller, which are those of ELBv2 (API_AuthenticateOidcActionConfig). */
export function authenticate(values: AskedValues, namespace: string, secretHash: SecretHash): readonly AuthenticateAction[] {
  const { authType = 'none', oidc, cognito, jwt } = values
  const common = (extraParameters: Readonly<Record<string, string>> = {}): Authentication => ({
    sessionCookie: values.sessionCookie ?? 'AWSELBAuthSessionCookie',
    scope: values.scope ?? 'openid',
    sessionTimeoutSeconds: values.sessionTimeout ?? 604_800,
    onUnauthenticated: values.onUnauthenticated ?? 'authenticate',
    extraParameters,
  })
  if (authType === 'oidc' && oidc) {
    const { issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, secretName } = oidc
    const secret: ClientSecretRef = { namespace, name: secretName, hash: secretHash(namespace, secretName) }
    const endpoints = { issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint }
    return [{ kind: 'authenticate-oidc', ...endpoints, secret, ...common(oidc.authenticationRequestExtraParams) }]
  }
  if (authType === 'cognito' && cognito) {
    const { userPoolARN: userPoolArn, userPoolClientID: userPoolClientId, userPoolDomain } = cognito
    const pool = { userPoolArn, userPoolClientId, userPoolDomain }
    return [{ kind: 'authenticate-cognito', ...pool, ...common(cognito.authenticationRequestExtraParams) }]
  }
  if (!jwt) return []
  const { jwksEndpoint, issuer, additionalClaims = [] } = jwt
  return [{ kind: 'jwt-validation', jwksEndpoint, issuer, claims: additionalClaims }]
}
