// What an Application Load Balancer does with requests: listeners, rules, conditions, actions and transforms, as plain data.
// Found and wanted have the same form, so that they can be compared; only a target group of ours is wanted by key and found by ARN.
import type { Tags } from './ownership.ts'
import type { AttributeSettings } from '../settings/aws-settings.ts'

/** Values that one request must match one of. Without `isRegex`, `*` and `?` are wildcards where ALB has them. */
export interface ConditionValues {
  readonly values: readonly string[]
  readonly isRegex: boolean
}

/** API_RuleCondition. All conditions of a rule must hold; of the values of one, one must match. */
export type RuleCondition =
  | ({ readonly field: 'host-header' } & ConditionValues)
  | ({ readonly field: 'path-pattern' } & ConditionValues)
  | ({ readonly field: 'http-header'; readonly header: string } & ConditionValues)
  | { readonly field: 'http-request-method'; readonly values: readonly string[] }
  | { readonly field: 'query-string'; readonly pairs: readonly { readonly key?: string; readonly value: string }[] }
  | { readonly field: 'source-ip'; readonly cidrs: readonly string[] }

/** A target group of ours by its key, or any by its ARN. */
export type TargetGroupRef = { readonly own: string } | { readonly arn: string }

/** Where requests go. Weights are from 0 to 999. */
export interface ForwardAction {
  readonly kind: 'forward'
  readonly to: readonly (TargetGroupRef & { readonly weight: number })[]
  /** Clients stay with the target group they were given for so long. */
  readonly stickySeconds?: number
}

/** API_RedirectActionConfig, with the placeholders that ALB knows, as `#{host}`. */
export interface RedirectAction {
  readonly kind: 'redirect'
  readonly protocol: string
  readonly host: string
  readonly port: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly status: 301 | 302
}

/** API_FixedResponseActionConfig. */
export interface FixedResponseAction {
  readonly kind: 'fixed-response'
  /** 2XX, 4XX or 5XX. */
  readonly status: string
  readonly contentType?: string
  readonly body?: string
}

/** What both ways to authenticate have. */
export interface Authentication {
  readonly sessionCookie: string
  /** Separated by spaces. */
  readonly scope: string
  readonly sessionTimeoutSeconds: number
  readonly onUnauthenticated: 'authenticate' | 'allow' | 'deny'
  /** Sent along to the provider of identities. */
  readonly extraParameters: Readonly<Record<string, string>>
}

/** A Secret with the id of the client and what it keeps secret. Both are read when they are sent: AWS never tells the latter again. */
export interface ClientSecretRef {
  readonly namespace: string
  readonly name: string
  /** Of its content, so that a change is seen; the ledger knows which was sent last (`secrets`). */
  readonly hash: string
}

export type AuthenticateAction =
  | ({
      readonly kind: 'authenticate-oidc'
      readonly issuer: string
      readonly authorizationEndpoint: string
      readonly tokenEndpoint: string
      readonly userInfoEndpoint: string
      /** Of the client; absent in what was found. */
      readonly secret?: ClientSecretRef
    } & Authentication)
  | ({
      readonly kind: 'authenticate-cognito'
      readonly userPoolArn: string
      readonly userPoolClientId: string
      readonly userPoolDomain: string
    } & Authentication)
  | {
      readonly kind: 'jwt-validation'
      readonly jwksEndpoint: string
      readonly issuer: string
      readonly claims: readonly {
        readonly name: string
        readonly format: 'single-string' | 'string-array' | 'space-separated-values'
        readonly values: readonly string[]
      }[]
    }

/** What ends the handling of a request. */
export type FinalAction = ForwardAction | RedirectAction | FixedResponseAction

/** In their order; the last one is final, those before it authenticate. */
export type RuleAction = AuthenticateAction | FinalAction

/** API_RuleTransform: each kind at most once in a rule. */
export interface RuleTransform {
  readonly kind: 'url-rewrite' | 'host-header-rewrite'
  readonly regex: string
  readonly replace: string
}

/** A rule of a listener that is wanted, without a priority: that depends on what there is (plan/priorities.ts). */
export interface ListenerRule {
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly RuleAction[]
  readonly transforms: readonly RuleTransform[]
  /** Ingresses that wrote it, as `namespace/name`; for messages. */
  readonly origins: readonly string[]
}

/** A certificate of ACM or IAM by its ARN, or the one imported from a Secret, by `certificateKey` of the Secret. */
export type CertificateRef = { readonly arn: string } | { readonly imported: string }

/** A listener that is wanted. */
export interface HttpListener {
  readonly port: number
  readonly protocol: 'HTTP' | 'HTTPS'
  /** The default one first; empty for HTTP. */
  readonly certificates: readonly CertificateRef[]
  /** Only for HTTPS. */
  readonly tlsPolicy?: string
  readonly attributes: AttributeSettings
  /** For what no rule takes. */
  readonly defaultActions: readonly RuleAction[]
  /** In the order in which they are asked. */
  readonly rules: readonly ListenerRule[]
  readonly tags: Tags
}

/** A certificate to have in ACM, from a Secret with `tls.crt` and `tls.key`. Its key is read when it is sent. */
export interface ImportedCertificate {
  /** `certificateKey` of the Secret. */
  readonly key: string
  readonly secret: { readonly namespace: string; readonly name: string }
  /** Of certificate and private key. */
  readonly hash: string
  readonly tags: Tags
}

/** The web ACL (WAFv2) that is to be associated: one by its ARN, or none. */
export type WebAcl = { readonly arn: string } | 'none'

/** Something that was set by other hands and is not known here: it equals nothing that is wanted. */
export interface UnknownPart {
  readonly kind: 'unknown'
  readonly type: string
}

/** A rule as it was found; the default one is not among them. */
export interface FoundListenerRule {
  readonly arn: string
  /** ARN of the listener. */
  readonly listener: string
  readonly priority: number
  readonly conditions: readonly (RuleCondition | (UnknownPart & { readonly field: 'unknown' }))[]
  readonly actions: readonly (RuleAction | UnknownPart)[]
  readonly transforms: readonly RuleTransform[]
}

/** A certificate in ACM that carries our marks for this owner. */
export interface FoundCertificate {
  readonly arn: string
  /** What follows `certificate/` in its resource tag. */
  readonly key: string
  /** From its tag `weir.dev/content`; empty when it has none. */
  readonly hash: string
  readonly tags: Tags
}

/** What there is of an Application Load Balancer beyond what both kinds have. */
export interface SeenApplication {
  /** Of all listeners of this owner's load balancers. */
  readonly rules: readonly FoundListenerRule[]
  /** The associated one; absent when nobody asked about it, for then it is left alone. */
  readonly webAcl?: WebAcl
  readonly certificates: readonly FoundCertificate[]
}

/** The key of a Secret's certificate: `shop/web-tls`. */
export function certificateKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}
