// What one Ingress asks for, as everything after its reading takes it.
import type { AwsIngressDefaults } from '../../../src/api/aws-ingress-class.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { TargetType } from '../../../src/model/load-balancer.ts'
import type { IngressId } from '../../../src/model/routing/model.ts'
import type { IngressRouting } from '../../../src/model/routing/read.ts'
import type { ListenPort } from '../annotations/ingress/listen-ports.ts'
import type { IngressSuffixed, IngressValues } from '../annotations/ingress/read.ts'
import type { Attributes } from '../settings/aws-settings.ts'

type Maps =
  | 'attributes'
  | 'targetGroupAttributes'
  | 'listenerAttributes'
  | 'tags'
  | 'listeners'
  | 'sslRedirectPort'
  | 'group'
  | 'loadBalancerName'

/** Every value that an Ingress asks for, or its class for it. What is absent has the default that docs/aws-ingress.md tells. */
export type AskedValues = Omit<AwsIngressDefaults, Maps> &
  Pick<
    IngressValues,
    'authType' | 'oidc' | 'cognito' | 'onUnauthenticated' | 'scope' | 'sessionCookie' | 'sessionTimeout' | 'jwt'
  > & {
    readonly targets: TargetType
    readonly name?: string
    readonly scheme?: 'internal' | 'internet-facing'
    readonly subnets?: readonly string[]
    readonly securityGroups?: readonly string[]
    readonly prefixLists?: readonly string[]
    readonly manageBackendSecurityGroupRules?: boolean
    readonly targetNodeLabels?: Readonly<Record<string, string>>
    readonly listenPorts?: readonly ListenPort[]
    readonly sslRedirect?: number
    readonly attributes: Attributes
    readonly targetGroupAttributes: Attributes
    readonly listenerAttributes: Attributes
    readonly tags: Readonly<Record<string, string>>
    readonly regexPaths: boolean
    readonly order: number
    /** What a class says that holds for Services too. */
    readonly ofClass: {
      /** Settings that nobody may change. */
      readonly final: ReadonlySet<string>
      /** Keys of its tags. */
      readonly tags: ReadonlySet<string>
      readonly externalManagedTags: readonly string[]
    }
    readonly deletionPolicy: 'delete' | 'retain'
    readonly allowInterruption: boolean
  }

export interface IngressSettings {
  readonly values: AskedValues
  readonly suffixed: IngressSuffixed
}

/** A member as the load balancer has it. */
export interface Served {
  readonly id: IngressId
  /** `namespace/name`. */
  readonly key: string
  readonly ingress: Ingress
  readonly routing: IngressRouting
  readonly settings: IngressSettings
  /** It is served by what it asked for before. */
  readonly isFormer: boolean
}
