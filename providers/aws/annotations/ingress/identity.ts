// The JSON of annotations about who users are: OIDC, Cognito and tokens.
import { z } from 'zod'
import type { Parsed } from '../../../../src/api/annotations.ts'
import { type Forms, readJson } from '../json.ts'

const endpoint = z.string().regex(/^https:\/\/\S+$/)
const text = z.string().min(1)
const extra = z.record(z.string(), z.string()).optional()

const oidc = z.strictObject({
  issuer: endpoint,
  authorizationEndpoint: endpoint,
  tokenEndpoint: endpoint,
  userInfoEndpoint: endpoint,
  secretName: z.string().regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/),
  authenticationRequestExtraParams: extra,
})

const cognito = z.strictObject({
  userPoolARN: z.string().regex(/^arn:[^:]+:cognito-idp:/),
  userPoolClientID: text,
  userPoolDomain: text,
  authenticationRequestExtraParams: extra,
})

const jwt = z.strictObject({
  jwksEndpoint: endpoint,
  issuer: text.max(256),
  additionalClaims: z
    .array(
      z.strictObject({
        name: text,
        format: z.enum(['single-string', 'string-array', 'space-separated-values']),
        values: z.array(text).min(1).max(10),
      }),
    )
    .max(10)
    .optional(),
})

const url = 'an address that begins with https://'
const forms: Forms = {
  issuer: url,
  authorizationEndpoint: url,
  tokenEndpoint: url,
  userInfoEndpoint: url,
  jwksEndpoint: url,
  secretName: 'the name of a Secret of the same namespace',
  authenticationRequestExtraParams: 'a JSON object of texts',
  userPoolARN: 'the ARN of a user pool',
  userPoolClientID: 'the id of a client',
  userPoolDomain: 'the domain of the user pool',
  additionalClaims: 'a list of at most 10 claims',
  name: 'the name of a claim',
  format: 'single-string, string-array or space-separated-values',
  values: 'a list of 1 to 10 texts',
}

export type OidcProvider = z.infer<typeof oidc>
export type CognitoPool = z.infer<typeof cognito>
export type JwtRules = z.infer<typeof jwt>

export function parseOidc(value: string): Parsed<OidcProvider> {
  return readJson(value, oidc, forms)
}

export function parseCognito(value: string): Parsed<CognitoPool> {
  return readJson(value, cognito, forms)
}

export function parseJwt(value: string): Parsed<JwtRules> {
  return readJson(value, jwt, forms)
}
