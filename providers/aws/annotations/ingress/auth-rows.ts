// Rows of annotations by which requests are let in only with proof of who sends them. They hold on HTTPS listeners only.
import { nonEmpty, oneOf } from '../../../../src/api/annotations.ts'
import { integer } from '../readers.ts'
import { parseCognito, parseJwt, parseOidc } from './identity.ts'
import type { IngressRow } from './row.ts'

export const authRows = {
  'auth-type': {
    parse: oneOf('none', 'oidc', 'cognito'),
    sets: 'authType',
    scope: 'rules',
    doc: 'Who tells who users are. Rules of HTTP listeners do not ask: use `ssl-redirect`.',
    default: 'none',
    example: 'oidc',
  },
  'auth-idp-oidc': {
    parse: parseOidc,
    sets: 'oidc',
    scope: 'rules',
    doc: 'JSON: the provider of identities. `secretName` is a Secret of the same namespace with `clientID` (or `clientId`) and `clientSecret`.',
    default: 'none; needed by `auth-type: oidc`',
    example:
      '{"issuer":"https://id.example.com","authorizationEndpoint":"https://id.example.com/authorize","tokenEndpoint":"https://id.example.com/token","userInfoEndpoint":"https://id.example.com/userinfo","secretName":"oidc"}',
  },
  'auth-idp-cognito': {
    parse: parseCognito,
    sets: 'cognito',
    scope: 'rules',
    doc: 'JSON: a user pool of Cognito.',
    default: 'none; needed by `auth-type: cognito`',
    example:
      '{"userPoolARN":"arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_abc","userPoolClientID":"id","userPoolDomain":"shop"}',
  },
  'auth-on-unauthenticated-request': {
    parse: oneOf('authenticate', 'allow', 'deny'),
    sets: 'onUnauthenticated',
    scope: 'rules',
    doc: 'What becomes of a request without proof: sent to sign in, let through, or answered with 401.',
    default: 'authenticate',
    example: 'deny',
  },
  'auth-scope': {
    parse: nonEmpty,
    sets: 'scope',
    scope: 'rules',
    doc: 'What to ask of the provider of identities, separated by spaces.',
    default: 'openid',
    example: 'openid email',
  },
  'auth-session-cookie': {
    parse: nonEmpty,
    sets: 'sessionCookie',
    scope: 'rules',
    doc: 'Name of the cookie that holds the session.',
    default: '`AWSELBAuthSessionCookie`',
    example: 'shop-session',
  },
  'auth-session-timeout': {
    parse: integer(1, 604_800),
    sets: 'sessionTimeout',
    scope: 'rules',
    doc: 'Seconds that a session lasts.',
    default: '604800',
    example: '86400',
  },
  'jwt-validation': {
    parse: parseJwt,
    sets: 'jwt',
    scope: 'rules',
    doc: 'JSON: whose tokens requests must carry, and with which claims.',
    default: 'none',
    example: '{"jwksEndpoint":"https://id.example.com/jwks","issuer":"https://id.example.com"}',
  },
} as const satisfies Readonly<Record<string, IngressRow>>
