// Health checks of target groups: defaults and what goes together (API_CreateTargetGroup, API_ModifyTargetGroup).
import type { Matcher, ProtocolEnum, TargetGroup as TargetGroupOutput } from '@aws-sdk/client-elastic-load-balancing-v2'
import { awsError, invalid } from '../errors.ts'
import type { HealthCheck } from '../records.ts'
import { checkOneOf, checkRange } from './names.ts'

/** The parameters of create and modify that are about the health check. */
export type HealthCheckInput = {
  readonly HealthCheckProtocol?: ProtocolEnum | undefined
  readonly HealthCheckPort?: string | undefined
  readonly HealthCheckEnabled?: boolean | undefined
  readonly HealthCheckPath?: string | undefined
  readonly HealthCheckIntervalSeconds?: number | undefined
  readonly HealthCheckTimeoutSeconds?: number | undefined
  readonly HealthyThresholdCount?: number | undefined
  readonly UnhealthyThresholdCount?: number | undefined
  readonly Matcher?: Matcher | undefined
}

type Group = {
  readonly protocol?: string | undefined
  readonly protocolVersion?: string | undefined
  readonly targetType: string
}

const isHttp = (protocol: string | undefined) => protocol === 'HTTP' || protocol === 'HTTPS'

/** The health check after a create (`before` undefined) or a modify. Throws ValidationError or InvalidConfigurationRequest. */
export function healthCheckOf(group: Group, input: HealthCheckInput, before?: HealthCheck): HealthCheck {
  const lambda = group.targetType === 'lambda'
  const protocol =
    input.HealthCheckProtocol ??
    before?.protocol ??
    (isHttp(group.protocol) || (group.targetType !== 'instance' && group.targetType !== 'ip') ? 'HTTP' : 'TCP')
  checkOneOf('healthCheckProtocol', protocol, isHttp(group.protocol) ? ['HTTP', 'HTTPS'] : ['HTTP', 'HTTPS', 'TCP'])
  const http = isHttp(protocol)
  const grpc = group.protocolVersion === 'GRPC'
  if (!http) refuseHttpFields(input, protocol)
  const check: HealthCheck = {
    enabled: input.HealthCheckEnabled ?? before?.enabled ?? !lambda,
    protocol,
    port: input.HealthCheckPort ?? before?.port ?? 'traffic-port',
    path: http ? (input.HealthCheckPath ?? before?.path ?? (grpc ? '/AWS.ALB/healthcheck' : '/')) : undefined,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? before?.intervalSeconds ?? (lambda ? 35 : 30),
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? before?.timeoutSeconds ?? defaultTimeout(group, protocol),
    healthyThreshold: input.HealthyThresholdCount ?? before?.healthyThreshold ?? 5,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? before?.unhealthyThreshold ?? (lambda ? 5 : 2),
    matcher: http ? (input.Matcher ?? before?.matcher ?? defaultMatcher(group)) : undefined,
  }
  checkBounds(group, check)
  return check
}

function refuseHttpFields(input: HealthCheckInput, protocol: string): void {
  if (input.HealthCheckPath !== undefined) {
    throw awsError(
      'InvalidConfigurationRequest',
      `Health check path is not supported for health checks with protocol ${protocol}`,
    )
  }
  if (input.Matcher !== undefined) {
    throw awsError('InvalidConfigurationRequest', `Matcher is not supported for health checks with protocol ${protocol}`)
  }
}

/** "Health checks for Network Load Balancer target groups": 6 s for HTTP, 10 s for TCP and HTTPS; 5 s at an Application Load Balancer. */
function defaultTimeout(group: Group, protocol: string): number {
  if (group.targetType === 'lambda') return 30
  if (isHttp(group.protocol)) return 5
  return protocol === 'HTTP' ? 6 : 10
}

function defaultMatcher(group: Group): Matcher {
  if (group.protocolVersion === 'GRPC') return { GrpcCode: '12' }
  return { HttpCode: isHttp(group.protocol) || group.targetType === 'lambda' ? '200' : '200-399' }
}

function checkBounds(group: Group, check: HealthCheck): void {
  checkRange('healthCheckIntervalSeconds', check.intervalSeconds, 5, 300)
  checkRange('healthCheckTimeoutSeconds', check.timeoutSeconds, 2, 120)
  checkRange('healthyThresholdCount', check.healthyThreshold, 2, 10)
  checkRange('unhealthyThresholdCount', check.unhealthyThreshold, 2, 10)
  const tooLong = isHttp(group.protocol)
    ? check.timeoutSeconds >= check.intervalSeconds
    : check.timeoutSeconds > check.intervalSeconds
  if (tooLong)
    throw invalid(`Health check timeout '${check.timeoutSeconds}' must be smaller than the interval '${check.intervalSeconds}'`)
  if (check.port !== 'traffic-port' && !(/^\d+$/.test(check.port) && Number(check.port) >= 1 && Number(check.port) <= 65_535)) {
    throw invalid(`Health check port '${check.port}' must be 'traffic-port' or between 1 and 65535`)
  }
  if (!check.enabled && group.targetType !== 'lambda')
    throw awsError('InvalidConfigurationRequest', 'Health checks cannot be disabled')
  if (check.path !== undefined && (!check.path.startsWith('/') || check.path.length > 1024)) {
    throw invalid(`Health check path '${check.path}' must begin with '/' and have at most 1024 characters`)
  }
  if (check.matcher) checkMatcher(group, check.matcher)
}

function checkMatcher(group: Group, matcher: Matcher): void {
  const grpc = group.protocolVersion === 'GRPC'
  const codes = grpc ? matcher.GrpcCode : matcher.HttpCode
  if (codes === undefined || (grpc ? matcher.HttpCode : matcher.GrpcCode) !== undefined) {
    throw invalid(`The matcher must have ${grpc ? 'a GrpcCode' : 'an HttpCode'} only`)
  }
  const [min, max] = grpc ? [0, 99] : [200, isHttp(group.protocol) ? 499 : 599]
  const numbers = codes.split(/[,-]/).map(Number)
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(codes) || numbers.some(code => code < min || code > max)) {
    throw invalid(`Health check matcher codes '${codes}' must be between ${min} and ${max}`)
  }
}

/** The health check as DescribeTargetGroups lists it. */
export function describeHealthCheck(check: HealthCheck): Partial<TargetGroupOutput> {
  return {
    HealthCheckEnabled: check.enabled,
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    ...(check.path === undefined ? {} : { HealthCheckPath: check.path }),
    ...(check.matcher === undefined ? {} : { Matcher: check.matcher }),
  }
}
