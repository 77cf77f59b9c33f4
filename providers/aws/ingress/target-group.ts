// The target group of one port of a Service behind an Ingress: settings of the Ingress, and those of the Service before them. Pure.
import type { Service, ServicePort } from '../../../src/model/kubernetes-objects.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { ingressRow, readServiceAnnotations } from '../annotations/ingress/read.ts'
import type { IngressValues } from '../annotations/ingress/read.ts'
import { tagProblem } from '../model/ownership.ts'
import { blocks, invalidSettings, warns } from '../model/problems.ts'
import type { HealthCheckSettings, TargetGroupSettings } from '../settings/aws-settings.ts'
import { groupAttributeProblems } from './attribute-values.ts'
import { httpGroupAttributes } from './attributes.ts'
import { withoutFinal } from './final.ts'
import type { AskedValues } from './asked.ts'

export interface Backed {
  readonly settings: TargetGroupSettings
  /** Tags beside those of the load balancer. */
  readonly tags: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
}

/** `shop/web:80`: all rules of a group that lead to the port share it. */
export function httpGroupKey(namespace: string, name: string, port: number): string {
  return `${namespace}/${name}:${port}`
}

interface OfService {
  readonly values: AskedValues
  readonly tags: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
  /** Why nobody can be let in: it says wrongly who may. */
  readonly closing: readonly Problem[]
}

/** What a Service says of itself goes before what the Ingress says. */
export function ofService(values: AskedValues, { metadata }: Service): OfService {
  const { final, tags: ofClass, externalManagedTags } = values.ofClass
  const { allowed, refused } = withoutFinal(metadata.annotations ?? {}, final)
  const { values: own, mistakes } = readServiceAnnotations(allowed)
  const who = `Service ${metadata.namespace}/${metadata.name}`
  const {
    targetType,
    targetGroupAttributes,
    tags: written = {},
    group: _1,
    order: _2,
    attributes: _3,
    regexPaths: _4,
    ...others
  } = withoutRefused(own)
  const wrong = Object.entries(written).flatMap(([key, value]) => {
    const why = ofClass.has(key) ? 'is one of the class' : tagProblem(key, value, externalManagedTags)
    return why === undefined ? [] : [{ key, why }]
  })
  const tags = Object.fromEntries(Object.entries(written).filter(([key]) => !wrong.some(each => each.key === key)))
  return {
    values: {
      ...values,
      ...others,
      ...(targetType === undefined ? {} : { targets: targetType === 'ip' ? ('Pod' as const) : ('Node' as const) }),
      targetGroupAttributes: { ...values.targetGroupAttributes, ...targetGroupAttributes },
    },
    tags,
    closing: mistakes.flatMap(({ key, reason, message, remedy, severity }) =>
      isAboutTargets(key) || severity !== 'blocks' ? [] : [{ reason, message: `${who}: ${message}`, remedy, severity }],
    ),
    problems: [
      // Without them everything goes on as the Ingress says: a slip of the pen must not take away what serves.
      ...mistakes.flatMap(({ key, reason, message, remedy, severity }) =>
        isAboutTargets(key) || severity === 'warns' ? [warns(reason, `${who}: ${message}`, remedy)] : [],
      ),
      // Without them everything goes on as the class says.
      ...refused.map(key => warns('SettingIsFinal', `${who}: ${key} has no effect: the class lets nobody change it.`)),
      ...wrong.map(({ key, why }) => warns('SettingWithoutEffect', `${who}: the tag ${key} ${why}, and is left out.`)),
    ],
  }
}

function isAboutTargets(key: string): boolean {
  return ingressRow(key)?.scope !== 'rules'
}

type Known = Omit<
  IngressValues,
  | 'wafClassic'
  | 'wafClassicToo'
  | 'shield'
  | 'mutualAuthentication'
  | 'requestCertificate'
  | 'privateAuthority'
  | 'multiCluster'
  | 'frontendNlb'
  | 'dryRun'
>

/** A Service never has these: they are not among the keys that are read of it. */
function withoutRefused(values: Omit<IngressValues, 'deletionPolicy' | 'allowInterruption'>): Known {
  return values
}

interface Place {
  readonly service: Service
  readonly port: ServicePort
  readonly dualstack: boolean
}

/** Where what a Service says cannot be had, it is as the Ingress says. */
export function backedBy(asked: AskedValues, place: Place): Backed {
  const { values, tags, problems } = ofService(asked, place.service)
  const full = groupOf(values, place)
  if (!full.problems.some(({ severity }) => severity === 'blocks'))
    return { ...full, tags, problems: [...problems, ...full.problems] }
  const plain = groupOf(asked, place)
  const known = new Set(plain.problems.map(({ message }) => message))
  const left = full.problems.filter(({ message }) => !known.has(message))
  const who = `Service ${place.service.metadata.namespace}/${place.service.metadata.name}`
  const told = left.map(({ reason, message, remedy }) =>
    warns(reason, `${who} has annotations that have no effect: ${message}`, remedy),
  )
  return { ...plain, tags, problems: [...problems, ...plain.problems, ...told] }
}

function groupOf(values: AskedValues, { service, port, dualstack }: Place): Pick<Backed, 'settings' | 'problems'> {
  const { namespace = '', name } = service.metadata
  const isInstance = values.targets === 'Node'
  const nodePort = port.nodePort || undefined
  const targetPort = Number(port.targetPort ?? port.port)
  const protocol = values.backendProtocol ?? 'HTTP'
  const version = values.backendProtocolVersion ?? 'HTTP1'
  const families = service.spec.ipFamilies ?? ['IPv4']
  const isIpv6 = families.includes('IPv6') && (dualstack || !families.includes('IPv4'))
  const health = healthCheckOf(values, service)
  const who = `${namespace}/${name}`
  return {
    settings: {
      key: httpGroupKey(namespace, name, port.port),
      protocol,
      protocolVersion: version,
      targetType: isInstance ? 'instance' : 'ip',
      ipAddressType: isIpv6 && !isInstance ? 'ipv6' : 'ipv4',
      port: (isInstance ? nodePort : Number.isInteger(targetPort) ? targetPort : undefined) ?? 1,
      servicePort: { port: port.port, protocol: 'TCP', name: port.name ?? '' },
      ...(isInstance && nodePort !== undefined ? { nodePort } : {}),
      service: { namespace, name, port: port.port },
      healthCheck: health.healthCheck,
      attributes: httpGroupAttributes(values.targetGroupAttributes),
      nodeLabels: isInstance ? (values.targetNodeLabels ?? {}) : {},
      nodesWithEndpointsOnly: false,
    },
    problems: [
      ...health.problems,
      ...groupAttributeProblems(values.targetGroupAttributes),
      ...(isInstance && nodePort === undefined
        ? [blocks('NodePortsRequired', `Targets are nodes, but port ${port.port} of Service ${who} has no node port.`)]
        : []),
      ...(isIpv6 && !isInstance && !dualstack
        ? [blocks('UnsupportedFamily', `Service ${who} has IPv6 addresses alone, and the load balancer is ipv4.`)]
        : []),
    ],
  }
}

function healthTimes({
  healthCheckIntervalSeconds: intervalSeconds = 15,
  healthCheckTimeoutSeconds: timeoutSeconds = 5,
}: AskedValues) {
  return { intervalSeconds, timeoutSeconds }
}

/** AWS refuses a check that begins before the one before it ends. */
export function healthTimeProblems(values: AskedValues): readonly Problem[] {
  const { intervalSeconds, timeoutSeconds } = healthTimes(values)
  if (timeoutSeconds < intervalSeconds) return []
  const message = `The health check's timeout of ${timeoutSeconds} s is not shorter than its interval of ${intervalSeconds} s.`
  return [invalidSettings(message, 'Make the interval longer or the timeout shorter.')]
}

function healthCheckOf(
  values: AskedValues,
  service: Service,
): { readonly healthCheck: HealthCheckSettings; readonly problems: readonly Problem[] } {
  const isGrpc = values.backendProtocolVersion === 'GRPC'
  const port = healthPortOf(values, service)
  const { intervalSeconds, timeoutSeconds } = healthTimes(values)
  const codes = values.healthCheckSuccessCodes ?? (isGrpc ? '12' : '200')
  const fits = codes.split(/[,-]/).every(code => (isGrpc ? Number(code) < 100 : Number(code) >= 200))
  return {
    healthCheck: {
      protocol: values.healthCheckProtocol ?? values.backendProtocol ?? 'HTTP',
      port: port ?? 'traffic-port',
      path: values.healthCheckPath ?? (isGrpc ? '/AWS.ALB/healthcheck' : '/'),
      intervalSeconds,
      timeoutSeconds,
      healthyThreshold: values.healthyThreshold ?? 2,
      unhealthyThreshold: values.unhealthyThreshold ?? 2,
      successCodes: codes,
    },
    problems: [
      ...(port === undefined
        ? [
            invalidSettings(
              `The health check port ${values.healthCheckPort} is no number and no port of Service ${service.metadata.name} whose number is known.`,
              'Write a number, or traffic-port.',
            ),
          ]
        : []),
      ...healthTimeProblems(values),
      ...(fits
        ? []
        : [
            invalidSettings(
              `The success codes ${codes} are not codes of ${isGrpc ? 'gRPC (0 to 99)' : 'HTTP (200 to 499)'}.`,
              'Correct success-codes.',
            ),
          ]),
    ],
  }
}

/** A number, `traffic-port`, or what a named port of the Service is at the targets; undefined when that cannot be told. */
function healthPortOf({ healthCheckPort: text, targets }: AskedValues, { spec }: Service): number | 'traffic-port' | undefined {
  if (text === undefined || text === 'traffic-port') return 'traffic-port'
  if (/^[0-9]+$/.test(text)) return Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : undefined
  const named = spec.ports?.find(({ name }) => name === text)
  if (!named) return undefined
  const number = targets === 'Node' ? named.nodePort : Number(named.targetPort ?? named.port)
  return number !== undefined && Number.isInteger(number) && number > 0 ? number : undefined
}
