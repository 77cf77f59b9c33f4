// Rules of an Application Load Balancer in the form in which AWS takes them. Pure.
import type { Action, RuleCondition, RuleTransform } from '@aws-sdk/client-elastic-load-balancing-v2'
import type {
  AuthenticateAction,
  Authentication,
  ClientSecretRef,
  RuleAction,
  RuleCondition as Condition,
  RuleTransform as Transform,
  TargetGroupRef,
} from '../../model/application.ts'
import type { OidcClient } from '../../observe/context.ts'

/** What stands behind the names in a rule. */
export interface Named {
  /** The ARN of a target group of ours by its key. */
  readonly targetGroup: (key: string) => string
  /** The client that a Secret holds. */
  readonly client: (ref: ClientSecretRef) => OidcClient
}

export function conditionsInput(conditions: readonly Condition[]): RuleCondition[] {
  return conditions.map(conditionInput)
}

function conditionInput(condition: Condition): RuleCondition {
  const { field: Field } = condition
  switch (condition.field) {
    case 'host-header':
      return { Field, HostHeaderConfig: valuesInput(condition) }
    case 'path-pattern':
      return { Field, PathPatternConfig: valuesInput(condition) }
    case 'http-header':
      return { Field, HttpHeaderConfig: { HttpHeaderName: condition.header, ...valuesInput(condition) } }
    case 'http-request-method':
      return { Field, HttpRequestMethodConfig: { Values: [...condition.values] } }
    case 'query-string':
      return {
        Field,
        QueryStringConfig: {
          Values: condition.pairs.map(({ key, value }) => ({ ...(key === undefined ? {} : { Key: key }), Value: value })),
        },
      }
    case 'source-ip':
      return { Field, SourceIpConfig: { Values: [...condition.cidrs] } }
    default:
      return condition satisfies never
  }
}

function valuesInput({ values, isRegex }: { readonly values: readonly string[]; readonly isRegex: boolean }) {
  return isRegex ? { RegexValues: [...values] } : { Values: [...values] }
}

export function transformsInput(transforms: readonly Transform[]): RuleTransform[] {
  return transforms.map(({ kind: Type, regex: Regex, replace: Replace }) => {
    const Rewrites = [{ Regex, Replace }]
    return Type === 'url-rewrite' ? { Type, UrlRewriteConfig: { Rewrites } } : { Type, HostHeaderRewriteConfig: { Rewrites } }
  })
}

/** Where there are several they are numbered; AWS does the lowest first (API_Action, Order). */
export function actionsInput(actions: readonly RuleAction[], named: Named): Action[] {
  return actions.map((action, index) => ({ ...actionInput(action, named), ...(actions.length > 1 ? { Order: index + 1 } : {}) }))
}

function actionInput(action: RuleAction, named: Named): Action {
  const { kind: Type } = action
  switch (action.kind) {
    case 'forward': {
      const { to, stickySeconds } = action
      const TargetGroups = to.map(each => ({ TargetGroupArn: arnOf(each, named), Weight: weightOf(each.weight, to.length) }))
      const sticky =
        stickySeconds === undefined ? {} : { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: stickySeconds } }
      return { Type, ForwardConfig: { TargetGroups, ...sticky } }
    }
    case 'redirect': {
      const { protocol: Protocol, host: Host, port: Port, path: Path, query: Query, status } = action
      return { Type, RedirectConfig: { Protocol, Host, Port, Path, Query, StatusCode: `HTTP_${status}` } }
    }
    case 'fixed-response': {
      const { status: StatusCode, contentType: ContentType, body: MessageBody } = action
      return {
        Type,
        FixedResponseConfig: {
          StatusCode,
          ...(ContentType === undefined ? {} : { ContentType }),
          ...(MessageBody === undefined ? {} : { MessageBody }),
        },
      }
    }
    case 'authenticate-oidc':
    case 'authenticate-cognito':
    case 'jwt-validation':
      return authenticationInput(action, named)
    default:
      return action satisfies never
  }
}

function arnOf(to: TargetGroupRef, named: Named): string {
  return 'own' in to ? named.targetGroup(to.own) : to.arn
}

/** With one place only, AWS has a weight of 1; a weight of 0 is meant as it stands. */
function weightOf(weight: number, places: number): number {
  return places === 1 ? Math.min(weight, 1) : weight
}

function authenticationInput(action: AuthenticateAction, named: Named): Action {
  const { kind: Type } = action
  switch (action.kind) {
    case 'authenticate-oidc': {
      const client = action.secret && named.client(action.secret)
      return {
        Type,
        AuthenticateOidcConfig: {
          Issuer: action.issuer,
          AuthorizationEndpoint: action.authorizationEndpoint,
          TokenEndpoint: action.tokenEndpoint,
          UserInfoEndpoint: action.userInfoEndpoint,
          ClientId: client?.id ?? '',
          ClientSecret: client?.secret ?? '',
          ...sessionInput(action),
        },
      }
    }
    case 'authenticate-cognito': {
      const { userPoolArn: UserPoolArn, userPoolClientId: UserPoolClientId, userPoolDomain: UserPoolDomain } = action
      return { Type, AuthenticateCognitoConfig: { UserPoolArn, UserPoolClientId, UserPoolDomain, ...sessionInput(action) } }
    }
    case 'jwt-validation': {
      const AdditionalClaims = action.claims.map(({ name, format, values }) => ({
        Name: name,
        Format: format,
        Values: [...values],
      }))
      const { jwksEndpoint: JwksEndpoint, issuer: Issuer } = action
      return {
        Type,
        JwtValidationConfig: { JwksEndpoint, Issuer, ...(AdditionalClaims.length === 0 ? {} : { AdditionalClaims }) },
      }
    }
    default:
      return action satisfies never
  }
}

function sessionInput({ sessionCookie, scope, sessionTimeoutSeconds, onUnauthenticated, extraParameters }: Authentication) {
  return {
    SessionCookieName: sessionCookie,
    Scope: scope,
    SessionTimeout: sessionTimeoutSeconds,
    OnUnauthenticatedRequest: onUnauthenticated,
    ...(Object.keys(extraParameters).length === 0 ? {} : { AuthenticationRequestExtraParams: { ...extraParameters } }),
  }
}

/** Secrets that a rule names. */
export function secretsIn({ actions }: { readonly actions: readonly RuleAction[] }): readonly ClientSecretRef[] {
  return actions.flatMap(action => (action.kind === 'authenticate-oidc' && action.secret ? [action.secret] : []))
}
