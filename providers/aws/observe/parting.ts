// How an owner that goes wants to part with its load balancer, by what it asks for now. Pure.
import type { DesiredLoadBalancer, Problem } from '../../../src/model/load-balancer.ts'
import { ownAwsAnnotations } from '../annotations.ts'
import { blocks } from '../model/problems.ts'
import { readSettings } from '../settings.ts'

export interface Parting {
  readonly retain: boolean
  /** What the attribute deletion_protection.enabled shall be; undefined when nobody says. */
  readonly protection?: boolean
  /** Why it cannot be told; then nothing is taken away. */
  readonly problem?: Problem
  /** The class's own security group at the targets. */
  readonly backendGroup?: string
}

export function partingOf(leaving: DesiredLoadBalancer): Parting {
  const { settings } = readSettings(leaving)
  const protection = settings.loadBalancer.attributes.asked['deletion_protection.enabled']
  const { backendSecurityGroup } = leaving.class.spec.aws ?? {}
  // A policy that cannot be read must not be taken for none.
  const mistake = ownAwsAnnotations.parse(leaving.annotations).mistakes.find(({ key }) => key === 'weir.dev/deletion-policy')
  return {
    retain: settings.deletionPolicy === 'retain',
    ...(protection === undefined ? {} : { protection: protection === 'true' }),
    ...(mistake ? { problem: blocks('InvalidAnnotation', `${mistake.message} Nothing is deleted until then.`) } : {}),
    ...(backendSecurityGroup === undefined ? {} : { backendGroup: backendSecurityGroup }),
  }
}
