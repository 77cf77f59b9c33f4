// Actions that ask who comes (API_AuthenticateOidcActionConfig, API_AuthenticateCognitoActionConfig, API_JwtValidationActionConfig).
import type { Action, AuthenticateOidcActionConfig } from '@aws-sdk/client-elastic-load-balancing-v2'
import { awsError, invalid } from '../errors.ts'
import { checkOneOf, checkRange } from './names.ts'

export const authentication: readonly string[] = ['authenticate-oidc', 'authenticate-cognito', 'jwt-validation']

const longest = 256
const week = 604_800

/** Throws for one that lacks what it needs, or has the configuration of another one. */
export function checkAuthentication(action: Action): void {
  const configs = {
    'authenticate-oidc': action.AuthenticateOidcConfig,
    'authenticate-cognito': action.AuthenticateCognitoConfig,
    'jwt-validation': action.JwtValidationConfig,
  } as const
  for (const [type, config] of Object.entries(configs)) {
    if (type !== action.Type && config !== undefined)
      throw invalid(`An action of type '${action.Type}' has the configuration of '${type}'`)
    if (type === action.Type && config === undefined) throw invalid(`An action of type '${type}' must have its configuration`)
  }
  if (action.Type === 'authenticate-oidc') checkOidc(action.AuthenticateOidcConfig)
  if (
    action.Type === 'authenticate-cognito' &&
    !/^arn:aws[^:]*:cognito-idp:[^:]+:\d{12}:userpool\/.+/.test(action.AuthenticateCognitoConfig?.UserPoolArn ?? '')
  )
    throw invalid(`The user pool ARN '${action.AuthenticateCognitoConfig?.UserPoolArn}' is not valid`)
  if (action.Type === 'jwt-validation') checkUrl('JwksEndpoint', action.JwtValidationConfig?.JwksEndpoint)
  checkSession(action.AuthenticateOidcConfig ?? action.AuthenticateCognitoConfig)
}

/** The secret is needed until the rule has one that shall stay. */
function checkOidc(config: AuthenticateOidcActionConfig | undefined): void {
  for (const name of ['Issuer', 'AuthorizationEndpoint', 'TokenEndpoint', 'UserInfoEndpoint'] as const)
    checkUrl(name, config?.[name])
  const { ClientSecret: secret, UseExistingClientSecret: keeps = false } = config ?? {}
  if (keeps === (secret !== undefined)) throw invalid('Either a client secret or UseExistingClientSecret must be specified')
}

function checkUrl(name: string, url = ''): void {
  if (url.length > longest || !/^https:\/\/[^/]+/.test(url)) throw invalid(`The ${name} '${url}' must be a full HTTPS URL`)
}

function checkSession(
  config:
    | Pick<AuthenticateOidcActionConfig, 'OnUnauthenticatedRequest' | 'SessionTimeout' | 'AuthenticationRequestExtraParams'>
    | undefined,
): void {
  checkOneOf('onUnauthenticatedRequest', config?.OnUnauthenticatedRequest, ['deny', 'allow', 'authenticate'])
  checkRange('sessionTimeout', config?.SessionTimeout, 1, week)
  if (Object.keys(config?.AuthenticationRequestExtraParams ?? {}).length > 10)
    throw invalid('An authentication request can have at most 10 extra parameters')
}

/** An action as it is described: with the defaults of a session and without the secret. */
export function describeAuthentication(action: Action): Action {
  const { AuthenticateOidcConfig: oidc, AuthenticateCognitoConfig: cognito } = action
  if (oidc) {
    const { ClientSecret: _secret, UseExistingClientSecret: _keeps, ...told } = oidc
    return { ...action, AuthenticateOidcConfig: { ...sessionDefaults, ...told } }
  }
  return cognito ? { ...action, AuthenticateCognitoConfig: { ...sessionDefaults, ...cognito } } : action
}

const sessionDefaults = {
  SessionCookieName: 'AWSELBAuthSessionCookie',
  Scope: 'openid',
  SessionTimeout: week,
  OnUnauthenticatedRequest: 'authenticate',
} as const

/** The secrets that rules had stay where a change says so. Throws when there is none to keep. */
export function withSecretsOf(before: readonly Action[], actions: readonly Action[]): readonly Action[] {
  const [secret] = before.flatMap(({ AuthenticateOidcConfig }) => AuthenticateOidcConfig?.ClientSecret ?? [])
  return actions.map(action => {
    const { AuthenticateOidcConfig: oidc } = action
    if (oidc?.UseExistingClientSecret !== true) return action
    if (secret === undefined) throw awsError('InvalidLoadBalancerAction', 'There is no client secret to keep')
    const { UseExistingClientSecret: _keeps, ...config } = oidc
    return { ...action, AuthenticateOidcConfig: { ...config, ClientSecret: secret } }
  })
}
