// What AWS gives a fresh Application Load Balancer, its target groups and its listeners by itself. Pure.
import type { Attributes, AttributeSettings, IpAddressType, Scheme } from '../settings/aws-settings.ts'

/** ELBv2 API reference, LoadBalancerAttribute, for type application. */
export function balancerAttributes(
  asked: Attributes,
  { scheme, ipAddressType }: { readonly scheme: Scheme; readonly ipAddressType: IpAddressType },
): AttributeSettings {
  return {
    asked,
    defaults: {
      'deletion_protection.enabled': 'false',
      'access_logs.s3.enabled': 'false',
      'access_logs.s3.bucket': '',
      'access_logs.s3.prefix': '',
      'connection_logs.s3.enabled': 'false',
      'connection_logs.s3.bucket': '',
      'connection_logs.s3.prefix': '',
      'health_check_logs.s3.enabled': 'false',
      'health_check_logs.s3.bucket': '',
      'health_check_logs.s3.prefix': '',
      'zonal_shift.config.enabled': 'false',
      'idle_timeout.timeout_seconds': '60',
      'client_keep_alive.seconds': '3600',
      'routing.http.desync_mitigation_mode': 'defensive',
      'routing.http.drop_invalid_header_fields.enabled': 'false',
      'routing.http.preserve_host_header.enabled': 'false',
      'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
      'routing.http.xff_client_port.enabled': 'false',
      'routing.http.xff_header_processing.mode': 'append',
      'routing.http2.enabled': 'true',
      'waf.fail_open.enabled': 'false',
      ...(ipAddressType === 'ipv4' ? {} : { 'ipv6.deny_all_igw_traffic': String(scheme === 'internal') }),
    },
  }
}

/** ELBv2 API reference, TargetGroupAttribute, for target groups of Application Load Balancers. */
export function httpGroupAttributes(asked: Attributes): AttributeSettings {
  return {
    asked,
    defaults: {
      'deregistration_delay.timeout_seconds': '300',
      'stickiness.enabled': 'false',
      'stickiness.type': 'lb_cookie',
      'stickiness.lb_cookie.duration_seconds': '86400',
      'stickiness.app_cookie.cookie_name': '',
      'stickiness.app_cookie.duration_seconds': '86400',
      'slow_start.duration_seconds': '0',
      'load_balancing.algorithm.type': 'round_robin',
      'load_balancing.algorithm.anomaly_mitigation': 'off',
      'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
      'target_group_health.dns_failover.minimum_healthy_targets.count': '1',
      'target_group_health.dns_failover.minimum_healthy_targets.percentage': 'off',
      'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '1',
      'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': 'off',
    },
  }
}

/** ELBv2 API reference, ListenerAttribute: those of HTTP listeners, and of HTTPS ones alone. */
export function httpListenerAttributes(asked: Attributes, protocol: 'HTTP' | 'HTTPS'): AttributeSettings {
  const texts = [
    'strict_transport_security',
    'access_control_allow_origin',
    'access_control_allow_methods',
    'access_control_allow_headers',
    'access_control_allow_credentials',
    'access_control_expose_headers',
    'access_control_max_age',
    'content_security_policy',
    'x_content_type_options',
    'x_frame_options',
  ].map(name => `routing.http.response.${name}.header_value`)
  const ofTls = [
    'x_amzn_mtls_clientcert_serial_number',
    'x_amzn_mtls_clientcert_issuer',
    'x_amzn_mtls_clientcert_subject',
    'x_amzn_mtls_clientcert_validity',
    'x_amzn_mtls_clientcert_leaf',
    'x_amzn_mtls_clientcert',
    'x_amzn_tls_version',
    'x_amzn_tls_cipher_suite',
  ].map(name => `routing.http.request.${name}.header_name`)
  const empty = [...texts, ...(protocol === 'HTTPS' ? ofTls : [])].map(name => [name, ''] as const)
  return { asked, defaults: { 'routing.http.response.server.enabled': 'true', ...Object.fromEntries(empty) } }
}
