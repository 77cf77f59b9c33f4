// A Service as its users write it, for the tests of this folder.
import type { AwsClass } from '../../../src/api/aws-class.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { servicePrefix } from '../annotations.ts'
import type { ReadSettings } from '../settings.ts'
import { readSettings } from '../settings.ts'
import type { AwsSettings } from './aws-settings.ts'
import type { Existing, ServicePort, Wish } from './wish.ts'

export const certificate = 'arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d'

export interface Written extends Partial<Omit<Wish, 'annotations' | 'class' | 'listeners'>> {
  /** Keys without `service.beta.kubernetes.io/aws-load-balancer-`, unless they have a slash or a leading dot (for the bare prefix). */
  readonly annotations?: Readonly<Record<string, string>>
  readonly aws?: AwsClass
  readonly listeners?: readonly Partial<ServicePort>[]
}

/** default/web with port 80/TCP at node port 30080, dual in nothing, of class aws. */
export function service(written: Written = {}): Wish {
  const { annotations = {}, aws, listeners = [{}], ...others } = written
  return {
    id: { kind: 'Service', namespace: 'default', name: 'web', uid: 'u1' },
    class: {
      apiVersion: 'weir.dev/v1alpha1',
      kind: 'LoadBalancerClass',
      metadata: { name: 'aws' },
      spec: { provider: 'aws', targets: 'Node', default: false, ...(aws ? { aws } : {}) },
    },
    targetType: 'Node',
    families: ['IPv4'],
    familyPolicy: 'SingleStack',
    externalTrafficPolicy: 'Cluster',
    sourceRanges: [],
    listeners: listeners.map(port => ({ port: 80, protocol: 'TCP', portName: '', nodePort: 30_080, ...port })),
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [fullKey(key), value])),
    ...others,
  }
}

function fullKey(key: string): string {
  if (key.includes('/')) return key
  return key.startsWith('.') ? servicePrefix + key.slice(1) : `${servicePrefix}aws-load-balancer-${key}`
}

export function read(written: Written = {}, existing?: Existing): ReadSettings {
  return readSettings(service(written), existing)
}

/** The settings of a Service that has no problem. */
export function settingsOf(written: Written = {}, existing?: Existing): AwsSettings {
  const { settings, problems } = read(written, existing)
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
  return settings
}

/** Reasons, those that block marked with an exclamation mark. */
export function reasonsOf(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ reason, severity }) => (severity === 'blocks' ? `${reason}!` : reason))
}
