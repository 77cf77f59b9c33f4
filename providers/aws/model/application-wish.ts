// What a group of Ingresses asks for, put together: what everything after it takes.
import type { MemberOutcome } from '../../../src/ingress-provider.ts'
import type { AwsSettings } from '../settings/aws-settings.ts'
import type { HttpListener, ImportedCertificate, WebAcl } from './application.ts'
import type { LedgerIngress } from './ledger.ts'
import type { OwnRule } from './security-group-rules.ts'

/** The settings of one Application Load Balancer, without what AWS gives it. */
export interface ApplicationSettings
  extends Pick<
    AwsSettings,
    'loadBalancer' | 'securityGroups' | 'targetGroups' | 'tags' | 'deletionPolicy' | 'allowInterruption'
  > {
  /** By port, each port once. */
  readonly listeners: readonly HttpListener[]
  /** Absent: whatever is associated stays. */
  readonly webAcl?: WebAcl
  /** Certificates that are to be in ACM; without the marks of ownership in their tags. */
  readonly imports: readonly (ImportedCertificate & {
    /** DNS names of the certificate, by which one that was imported before is found. */
    readonly names: readonly string[]
  })[]
}

export interface ApplicationWish {
  readonly settings: ApplicationSettings
  /** Of everything that planning reads but what changes by itself. */
  readonly hash: string
  /** What the managed group at the front lets in. */
  readonly frontendRules: readonly OwnRule[]
  /** Those that have a part, with what each asked for when that was last good. */
  readonly ingresses: readonly LedgerIngress[]
  /** By `namespace/name`: what is told of each member, whatever comes of the plan. */
  readonly members: ReadonlyMap<string, MemberOutcome>
  /** By key of the target group, the members that lead there. */
  readonly leading: ReadonlyMap<string, readonly string[]>
}
