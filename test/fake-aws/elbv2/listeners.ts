// Creates, changes, describes and deletes listeners.
import type {
  Certificate,
  CreateListenerInput,
  CreateListenerOutput,
  DeleteListenerInput,
  DeleteListenerOutput,
  DescribeListenersInput,
  DescribeListenersOutput,
  Listener as ListenerOutput,
  ModifyListenerInput,
  ModifyListenerOutput,
  ProtocolEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { elbArn } from '../call.ts'
import { canonicalJson } from '../canonical.ts'
import { awsError, invalid } from '../errors.ts'
import type { Listener, LoadBalancer } from '../records.ts'
import { checkActions } from './actions.ts'
import { describeAuthentication, withSecretsOf } from './authentication.ts'
import { findListener, findLoadBalancer, listenersOf } from './find.ts'
import { checkCertificate } from './listener-certificates.ts'
import { checkArn, checkOneOf, checkRange } from './names.ts'
import { atMostTwenty, elbPage } from './pages.ts'
import { checkListenerProtocol, isSecure } from './protocols.ts'
import { checkSslPolicy, defaultSslPolicy } from './ssl-policies.ts'
import { resourceNotFound, tagsOf } from './tags.ts'
import { refreshUse } from './use.ts'

const alpnPolicies: ReadonlySet<string> = new Set(['HTTP1Only', 'HTTP2Only', 'HTTP2Optional', 'HTTP2Preferred', 'None'])

/** API_CreateListener: idempotent; DuplicateListener is about the port alone. */
function create(input: CreateListenerInput, call: Call): CreateListenerOutput {
  const balancer = findLoadBalancer(call.world, input.LoadBalancerArn)
  if (input.Protocol === undefined || input.Port === undefined) throw invalid('A protocol and a port must be specified')
  const tags = tagsOf(call, input.Tags)
  const settings = settingsOf(call, balancer, { ...input, Protocol: input.Protocol, Port: input.Port })
  const present = listenersOf(call.world, balancer.arn)
  const same = present.find(listener => listener.port === settings.port)
  if (same) {
    if (signature(same) === signature(settings)) return { Listeners: [describeOne(same)] }
    throw awsError('DuplicateListener', `A listener already exists on port ${settings.port} of load balancer '${balancer.name}'`)
  }
  const limit = call.settings.quotas.listenersPerLoadBalancer
  if (present.length >= limit) throw awsError('TooManyListeners', `A load balancer cannot have more than ${limit} listeners`)
  const kind = balancer.type === 'network' ? 'net' : 'app'
  const listener: Listener = {
    ...settings,
    arn: elbArn(call, `listener/${kind}/${balancer.name}/${balancer.id}/${call.newId(16)}`),
    loadBalancer: balancer.arn,
    certificates: [],
    attributes: {},
    tags,
  }
  call.world.listeners.put(listener.arn, listener)
  refreshUse(call)
  return { Listeners: [describeOne(listener)] }
}

type Settings = Pick<Listener, 'protocol' | 'port' | 'sslPolicy' | 'alpn' | 'certificate' | 'actions' | 'mutualAuthentication'>

type SettingsInput = Omit<ModifyListenerInput, 'ListenerArn'> & {
  readonly Protocol: ProtocolEnum
  readonly Port: number
  readonly before?: Listener['actions']
}

/** Checks what a listener shall be (API_CreateListener, "TLS listeners for your Network Load Balancer"). Throws as CreateListener and ModifyListener do. */
function settingsOf(call: Call, balancer: LoadBalancer, input: SettingsInput): Settings {
  const { Protocol: protocol, Port: port } = input
  checkRange('port', port, 1, 65_535)
  checkOneOf('protocol', protocol, ['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP', 'GENEVE', 'QUIC', 'TCP_QUIC'])
  checkListenerProtocol(balancer, protocol)
  const actions = withSecretsOf(input.before ?? [], checkActions(call, { balancer, protocol }, input.DefaultActions))
  if (input.AlpnPolicy?.length && protocol !== 'TLS')
    throw awsError('ALPNPolicyNotFound', `An ALPN policy is not supported by protocol ${protocol}`)
  if ((input.AlpnPolicy?.length ?? 0) > 1) throw invalid('You can specify one ALPN policy')
  const [alpn] = input.AlpnPolicy ?? []
  if (alpn !== undefined && !alpnPolicies.has(alpn))
    throw awsError('ALPNPolicyNotFound', `The ALPN policy '${alpn}' is not supported`)
  const mutual = input.MutualAuthentication
  if (mutual && protocol !== 'HTTPS')
    throw awsError('InvalidConfigurationRequest', `Mutual authentication is not supported by protocol ${protocol}`)
  checkOneOf('mode', mutual?.Mode, ['off', 'passthrough', 'verify'])
  if (mutual?.Mode === 'verify') throw awsError('TrustStoreNotFound', `Trust store '${mutual.TrustStoreArn}' not found`)
  const plain = { protocol, port, actions }
  if (!isSecure(protocol)) {
    if (input.SslPolicy ?? input.Certificates?.length)
      throw invalid(`Certificates and an SSL policy are not supported by protocol ${protocol}`)
    return plain
  }
  checkSslPolicy(input.SslPolicy)
  return {
    ...plain,
    sslPolicy: input.SslPolicy ?? defaultSslPolicy,
    certificate: defaultCertificate(call, protocol, input.Certificates),
    alpn: input.AlpnPolicy?.length ? input.AlpnPolicy : undefined,
    mutualAuthentication: mutual ?? (protocol === 'HTTPS' ? { Mode: 'off' } : undefined),
  }
}

function defaultCertificate(call: Call, protocol: string, certificates: readonly Certificate[] | undefined): string {
  const [certificate, ...more] = certificates ?? []
  if (certificate === undefined) throw invalid(`A certificate must be specified for ${protocol} listeners`)
  if (more.length > 0) throw invalid('Only one certificate can be specified; add the others to the certificate list')
  if (certificate.IsDefault !== undefined) throw invalid('You cannot set IsDefault when specifying a certificate as an input')
  return checkCertificate(call, certificate.CertificateArn)
}

function signature(settings: Settings): string {
  const { protocol, port, sslPolicy, alpn, certificate, actions } = settings
  return canonicalJson([protocol, port, sslPolicy, alpn, certificate, actions])
}

/** A listener as it is described. */
function describeOne(listener: Listener): ListenerOutput {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancer,
    Port: listener.port,
    Protocol: listener.protocol,
    DefaultActions: listener.actions.map(describeAuthentication),
    ...(listener.certificate === undefined ? {} : { Certificates: [{ CertificateArn: listener.certificate }] }),
    ...(listener.sslPolicy === undefined ? {} : { SslPolicy: listener.sslPolicy }),
    ...(listener.alpn === undefined ? {} : { AlpnPolicy: [...listener.alpn] }),
    ...(listener.mutualAuthentication === undefined ? {} : { MutualAuthentication: listener.mutualAuthentication }),
  }
}

/** API_ModifyListener: what is not named stays; certificate and policy go with HTTPS and TLS. */
function modify(input: ModifyListenerInput, call: Call): ModifyListenerOutput {
  const before = findListener(call.world, input.ListenerArn)
  const balancer = findLoadBalancer(call.world, before.loadBalancer)
  const protocol = input.Protocol ?? before.protocol
  const port = input.Port ?? before.port
  const secure = isSecure(protocol)
  const certificates =
    input.Certificates ?? (secure && before.certificate !== undefined ? [{ CertificateArn: before.certificate }] : undefined)
  const settings = settingsOf(call, balancer, {
    Protocol: protocol,
    Port: port,
    DefaultActions: input.DefaultActions ?? [...before.actions],
    before: before.actions,
    Certificates: certificates,
    SslPolicy: input.SslPolicy ?? (secure ? before.sslPolicy : undefined),
    AlpnPolicy: input.AlpnPolicy ?? (protocol === 'TLS' && before.alpn ? [...before.alpn] : undefined),
    MutualAuthentication: input.MutualAuthentication ?? (protocol === 'HTTPS' ? before.mutualAuthentication : undefined),
  })
  const other = listenersOf(call.world, balancer.arn).find(listener => listener.port === port && listener.arn !== before.arn)
  if (other) throw awsError('DuplicateListener', `A listener already exists on port ${port} of load balancer '${balancer.name}'`)
  const { arn, loadBalancer, attributes, tags } = before
  const changed: Listener = { ...settings, arn, loadBalancer, attributes, tags, certificates: secure ? before.certificates : [] }
  call.world.listeners.put(arn, changed)
  refreshUse(call)
  return { Listeners: [describeOne(changed)] }
}

function describe(input: DescribeListenersInput, call: Call): DescribeListenersOutput {
  const { ListenerArns: arns, LoadBalancerArn: balancer } = input
  if (!arns?.length && balancer === undefined) throw invalid('You must specify either listener ARNs or a load balancer ARN')
  if (arns?.length && balancer !== undefined) throw invalid('You cannot specify both listener ARNs and a load balancer ARN')
  atMostTwenty('listenerArns', arns)
  for (const arn of arns ?? []) checkArn('listener', arn)
  if (balancer !== undefined) findLoadBalancer(call.seen, balancer)
  const wanted = new Set(arns)
  const all = call.seen.listeners.values()
  const found = balancer === undefined ? all.filter(listener => wanted.has(listener.arn)) : listenersOf(call.seen, balancer)
  if (balancer === undefined && found.length < wanted.size) throw resourceNotFound('listener', [...wanted])
  const { items, next } = elbPage(call, found, input)
  return { Listeners: items.map(describeOne), ...next }
}

function remove(input: DeleteListenerInput, call: Call): DeleteListenerOutput {
  const listener = findListener(call.world, input.ListenerArn)
  for (const rule of call.world.rules.values()) if (rule.listener === listener.arn) call.world.rules.delete(rule.arn)
  call.world.listeners.delete(listener.arn)
  refreshUse(call)
  return {}
}

export const listenerOperations = {
  CreateListener: create,
  ModifyListener: modify,
  DescribeListeners: describe,
  DeleteListener: remove,
} satisfies Operations
