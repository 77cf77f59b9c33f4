// Rules and actions as AWS describes them, in the form in which they are planned, so that both can be compared. Pure.
import type {
  Action,
  AuthenticateCognitoActionConfig,
  AuthenticateOidcActionConfig,
  JwtValidationActionConfig,
  RedirectActionConfig,
  Rule,
  RuleCondition,
  RuleTransform,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type {
  Authentication,
  FoundListenerRule,
  ForwardAction,
  RuleAction,
  RuleTransform as Transform,
  UnknownPart,
} from '../model/application.ts'

/** A rule of a listener; undefined for the default one. */
export function foundRule(it: Rule, listener: string): FoundListenerRule | undefined {
  if (it.IsDefault === true) return undefined
  return {
    arn: it.RuleArn ?? '',
    listener,
    priority: Number(it.Priority),
    conditions: (it.Conditions ?? []).map(foundCondition),
    actions: foundActions(it.Actions),
    transforms: (it.Transforms ?? []).flatMap(foundTransform),
  }
}

type FoundCondition = FoundListenerRule['conditions'][number]

/** Hosts and paths are described both ways, whichever was used (API_RuleCondition). */
function foundCondition(it: RuleCondition): FoundCondition {
  switch (it.Field) {
    case 'host-header':
      return { field: 'host-header', ...foundValues(it.HostHeaderConfig, it) }
    case 'path-pattern':
      return { field: 'path-pattern', ...foundValues(it.PathPatternConfig, it) }
    case 'http-header':
      return {
        field: 'http-header',
        header: it.HttpHeaderConfig?.HttpHeaderName ?? '',
        ...foundValues(it.HttpHeaderConfig, it),
      }
    case 'http-request-method':
      return { field: 'http-request-method', values: it.HttpRequestMethodConfig?.Values ?? [] }
    case 'query-string':
      return {
        field: 'query-string',
        pairs: (it.QueryStringConfig?.Values ?? []).map(({ Key, Value }) => ({
          ...(Key ? { key: Key } : {}),
          value: Value ?? '',
        })),
      }
    case 'source-ip':
      return { field: 'source-ip', cidrs: it.SourceIpConfig?.Values ?? [] }
    case undefined:
    default:
      return { kind: 'unknown', field: 'unknown', type: it.Field ?? '' }
  }
}

interface Described {
  readonly Values?: readonly string[] | undefined
  readonly RegexValues?: readonly string[] | undefined
}

function foundValues(config: Described | undefined, legacy: Described) {
  const regex = config?.RegexValues ?? legacy.RegexValues ?? []
  return regex.length > 0 ? { values: regex, isRegex: true } : { values: config?.Values ?? legacy.Values ?? [], isRegex: false }
}

function foundTransform(it: RuleTransform): readonly Transform[] {
  const kind = it.Type
  const [rewrite] = (kind === 'url-rewrite' ? it.UrlRewriteConfig : it.HostHeaderRewriteConfig)?.Rewrites ?? []
  return kind === undefined ? [] : [{ kind, regex: rewrite?.Regex ?? '', replace: rewrite?.Replace ?? '' }]
}

/** In their order. */
export function foundActions(actions: readonly Action[] = []): readonly (RuleAction | UnknownPart)[] {
  return actions.toSorted((one, other) => (one.Order ?? 0) - (other.Order ?? 0)).map(foundAction)
}

function foundAction(it: Action): RuleAction | UnknownPart {
  switch (it.Type) {
    case 'forward':
      return foundForward(it)
    case 'redirect':
      return foundRedirect(it.RedirectConfig)
    case 'fixed-response': {
      const { StatusCode = '', ContentType, MessageBody } = it.FixedResponseConfig ?? {}
      return {
        kind: 'fixed-response',
        status: StatusCode,
        ...(ContentType ? { contentType: ContentType } : {}),
        ...(MessageBody ? { body: MessageBody } : {}),
      }
    }
    case 'authenticate-oidc':
      return foundOidc(it.AuthenticateOidcConfig)
    case 'authenticate-cognito':
      return foundCognito(it.AuthenticateCognitoConfig)
    case 'jwt-validation':
      return foundJwt(it.JwtValidationConfig)
    case undefined:
    default:
      return { kind: 'unknown', type: it.Type ?? '' }
  }
}

function foundForward({ ForwardConfig: config, TargetGroupArn }: Action): ForwardAction {
  const groups = config?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn }])
  const { Enabled = false, DurationSeconds } = config?.TargetGroupStickinessConfig ?? {}
  return {
    kind: 'forward',
    to: groups.map(({ TargetGroupArn: arn = '', Weight }) => ({ arn, weight: Weight ?? 1 })),
    ...(Enabled && DurationSeconds !== undefined ? { stickySeconds: DurationSeconds } : {}),
  }
}

/** What a redirect does not name stays as it is (API_RedirectActionConfig). */
function foundRedirect(config: RedirectActionConfig | undefined): RuleAction {
  return {
    kind: 'redirect',
    protocol: config?.Protocol ?? '#{protocol}',
    host: config?.Host ?? '#{host}',
    port: config?.Port ?? '#{port}',
    path: config?.Path ?? '/#{path}',
    query: config?.Query ?? '#{query}',
    status: config?.StatusCode === 'HTTP_301' ? 301 : 302,
  }
}

function foundOidc(config: AuthenticateOidcActionConfig | undefined): RuleAction {
  return {
    kind: 'authenticate-oidc',
    issuer: config?.Issuer ?? '',
    authorizationEndpoint: config?.AuthorizationEndpoint ?? '',
    tokenEndpoint: config?.TokenEndpoint ?? '',
    userInfoEndpoint: config?.UserInfoEndpoint ?? '',
    ...foundSession(config),
  }
}

function foundCognito(config: AuthenticateCognitoActionConfig | undefined): RuleAction {
  return {
    kind: 'authenticate-cognito',
    userPoolArn: config?.UserPoolArn ?? '',
    userPoolClientId: config?.UserPoolClientId ?? '',
    userPoolDomain: config?.UserPoolDomain ?? '',
    ...foundSession(config),
  }
}

function foundJwt(config: JwtValidationActionConfig | undefined): RuleAction {
  return {
    kind: 'jwt-validation',
    jwksEndpoint: config?.JwksEndpoint ?? '',
    issuer: config?.Issuer ?? '',
    claims: (config?.AdditionalClaims ?? []).map(({ Name = '', Format = 'single-string', Values = [] }) => ({
      name: Name,
      format: Format,
      values: Values,
    })),
  }
}

/** The defaults are those of the API (API_AuthenticateOidcActionConfig, API_AuthenticateCognitoActionConfig). */
function foundSession(
  config: Pick<
    AuthenticateOidcActionConfig,
    'SessionCookieName' | 'Scope' | 'SessionTimeout' | 'AuthenticationRequestExtraParams'
  > & { readonly OnUnauthenticatedRequest?: Authentication['onUnauthenticated'] | undefined } = {},
): Authentication {
  return {
    sessionCookie: config.SessionCookieName ?? 'AWSELBAuthSessionCookie',
    scope: config.Scope ?? 'openid',
    sessionTimeoutSeconds: config.SessionTimeout ?? 604_800,
    onUnauthenticated: config.OnUnauthenticatedRequest ?? 'authenticate',
    extraParameters: config.AuthenticationRequestExtraParams ?? {},
  }
}
