// How a target group finds out which targets are well: defaults, and what externalTrafficPolicy Local changes of them. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { invalidSettings } from '../model/problems.ts'
import type { HealthCheckSettings } from './aws-settings.ts'
import type { Values } from './values.ts'
import type { ServicePort, Wish } from './wish.ts'

const usual = { protocol: 'TCP', port: 'traffic-port', path: '/', interval: 10, timeout: 10, threshold: 3 } as const
/** kube-proxy answers 200 at `healthCheckNodePort` exactly while its node has a ready endpoint. */
const local = { protocol: 'HTTP', path: '/healthz', interval: 10, timeout: 6, threshold: 2 } as const

/**
 * The health check of every target group of a Service. With externalTrafficPolicy Local and nodes as targets the defaults ask
 * kube-proxy, so that nodes without endpoints get no traffic.
 */
export function healthCheckSettings(
  wish: Wish,
  values: Values,
): { readonly healthCheck: HealthCheckSettings; readonly problems: readonly Problem[] } {
  const asksKubeProxy =
    wish.externalTrafficPolicy === 'Local' && values.targets === 'Node' && wish.healthCheckNodePort !== undefined
  const defaults = asksKubeProxy ? { ...local, port: wish.healthCheckNodePort } : usual
  const protocol = values.healthCheckProtocol ?? defaults.protocol
  const port = values.healthCheckPort === undefined ? defaults.port : portOf(values.healthCheckPort, wish, values)
  const intervalSeconds = values.healthCheckIntervalSeconds ?? defaults.interval
  const timeoutSeconds = values.healthCheckTimeoutSeconds ?? Math.min(defaults.timeout, Math.max(intervalSeconds, 2))
  const problems: Problem[] = []
  if (port === undefined) problems.push(unknownPort(values.healthCheckPort ?? '', wish, values))
  if (timeoutSeconds > intervalSeconds) {
    const message = `The health check's timeout of ${timeoutSeconds} s is longer than its interval of ${intervalSeconds} s.`
    problems.push(invalidSettings(message, 'Make the interval longer or the timeout shorter.'))
  }
  if (protocol === 'TCP' && (values.healthCheckPath !== undefined || values.healthCheckSuccessCodes !== undefined)) {
    const remedy = 'Set the health check protocol to HTTP or HTTPS, or leave path and success codes out.'
    problems.push({ ...invalidSettings('A TCP health check has no path and no success codes.', remedy), severity: 'warns' })
  }
  const http = {
    path: values.healthCheckPath ?? defaults.path,
    successCodes: values.healthCheckSuccessCodes ?? '200-399',
  }
  return {
    healthCheck: {
      protocol,
      port: port ?? 'traffic-port',
      intervalSeconds,
      timeoutSeconds,
      healthyThreshold: values.healthyThreshold ?? defaults.threshold,
      unhealthyThreshold: values.unhealthyThreshold ?? defaults.threshold,
      ...(protocol === 'TCP' ? {} : http),
    },
    problems,
  }
}

/** A number, `traffic-port`, or what a named port of the Service is at the targets; undefined when that cannot be told. */
function portOf(text: string, wish: Wish, values: Values): number | 'traffic-port' | undefined {
  if (text === 'traffic-port') return text
  if (/^[0-9]+$/.test(text)) return Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : undefined
  const named = wish.listeners.find(({ portName }) => portName === text)
  if (!named) return undefined
  return values.targets === 'Node' ? named.nodePort : numericTargetPort(named)
}

/** Undefined when the target port is a name, which each pod may resolve to another number. */
export function numericTargetPort({ port, targetPort = port }: ServicePort): number | undefined {
  const number = Number(targetPort)
  return Number.isInteger(number) && number > 0 ? number : undefined
}

function unknownPort(text: string, { listeners }: Wish, { targets }: Values): Problem {
  const named = listeners.some(({ portName }) => portName === text)
  const lack = targets === 'Node' ? 'has no node port' : 'has a target port that is a name'
  const message = named
    ? `the health check port ${text} ${lack}, so its number is not known.`
    : `the health check port ${text} is no number from 1 to 65535 and no port of the Service.`
  const names = listeners.map(({ portName }) => portName).filter(name => name !== '')
  return invalidSettings(message, `Write a number, traffic-port${names.length > 0 ? `, ${names.join(', ')}` : ''}.`)
}
