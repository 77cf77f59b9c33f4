// The contract of listeners and their certificates.
import {
  AddListenerCertificatesCommand,
  DeleteListenerCommand,
  DescribeListenerAttributesCommand,
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  ModifyListenerAttributesCommand,
  ModifyListenerCommand,
  RemoveListenerCertificatesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CreateListenerCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect } from 'vitest'
import { application, group, listener, network } from './makers.ts'
import type { ContractTest, Subject } from './subject.ts'
import { refusal, sentence } from './subject.ts'

/** A load balancer and a target group for it. */
async function pair(subject: Subject): Promise<readonly [balancer: string, group: string]> {
  return [(await network(subject)).LoadBalancerArn, (await group(subject)).TargetGroupArn]
}

/** What a TLS listener has more. */
function secure(subject: Subject): Partial<CreateListenerCommandInput> {
  return { Protocol: 'TLS', Port: 443, Certificates: [{ CertificateArn: subject.site.certificate }] }
}

export const listenerContract: readonly ContractTest[] = [
  sentence('a listener forwards to its target group', async subject => {
    const [balancer, target] = await pair(subject)
    const made = await listener(subject, balancer, target)
    expect(made).toMatchObject({ Protocol: 'TCP', Port: 80, LoadBalancerArn: balancer })
    expect(made.DefaultActions?.[0]).toMatchObject({ Type: 'forward', TargetGroupArn: target })
  }),
  sentence('a TCP listener has no security policy', async subject => {
    const [balancer, target] = await pair(subject)
    expect((await listener(subject, balancer, target)).SslPolicy).toBeUndefined()
  }),
  sentence('creating a listener again with the same settings gives the same one', async subject => {
    const [balancer, target] = await pair(subject)
    const first = await listener(subject, balancer, target)
    expect((await listener(subject, balancer, target)).ListenerArn).toBe(first.ListenerArn)
  }),
  sentence('a port has one listener, whatever the protocol', async subject => {
    const [balancer, target] = await pair(subject)
    await listener(subject, balancer, target)
    const other = await group(subject, { Name: 'udp', Protocol: 'UDP' })
    expect(await refusal(listener(subject, balancer, other.TargetGroupArn, { Protocol: 'UDP' }))).toBe(
      'DuplicateListenerException',
    )
  }),
  sentence('a network load balancer does not speak HTTP', async subject => {
    const [balancer, target] = await pair(subject)
    expect(await refusal(listener(subject, balancer, target, { Protocol: 'HTTP' }))).toBe('ValidationError')
  }),
  sentence('a UDP listener does not forward to a TCP target group', async subject => {
    const [balancer, target] = await pair(subject)
    expect(await refusal(listener(subject, balancer, target, { Protocol: 'UDP' }))).toBe('IncompatibleProtocolsException')
  }),
  sentence('a target group that does not exist is not found', async subject => {
    const [balancer, target] = await pair(subject)
    const gone = target.replace(/[0-9a-f]{16}$/, '0123456789abcdef')
    expect(await refusal(listener(subject, balancer, gone))).toBe('TargetGroupNotFoundException')
  }),
  sentence('a target group serves one load balancer', async subject => {
    const [balancer, target] = await pair(subject)
    await listener(subject, balancer, target)
    const other = await network(subject, { Name: 'other' })
    expect(await refusal(listener(subject, other.LoadBalancerArn, target))).toBe('TargetGroupAssociationLimitException')
  }),
  sentence('traffic can be shared out by weight', async subject => {
    const [balancer, target] = await pair(subject)
    const other = await group(subject, { Name: 'other' })
    const TargetGroups = [
      { TargetGroupArn: target, Weight: 9 },
      { TargetGroupArn: other.TargetGroupArn, Weight: 0 },
    ]
    const DefaultActions = [{ Type: 'forward' as const, ForwardConfig: { TargetGroups } }]
    const made = await listener(subject, balancer, target, { DefaultActions })
    expect(made.DefaultActions?.[0]?.ForwardConfig?.TargetGroups).toEqual(TargetGroups)
  }),
  sentence('a TLS listener has a certificate, a policy and ALPN', async subject => {
    const [balancer, target] = await pair(subject)
    const made = await listener(subject, balancer, target, { ...secure(subject), AlpnPolicy: ['HTTP2Preferred'] })
    expect(made).toMatchObject({ SslPolicy: 'ELBSecurityPolicy-2016-08', AlpnPolicy: ['HTTP2Preferred'] })
    expect(made.Certificates).toEqual([{ CertificateArn: subject.site.certificate }])
  }),
  sentence('a TLS listener needs a certificate', async subject => {
    const [balancer, target] = await pair(subject)
    expect(await refusal(listener(subject, balancer, target, { Protocol: 'TLS', Port: 443 }))).toBe('ValidationError')
  }),
  sentence('a certificate that does not exist is not found', async subject => {
    const [balancer, target] = await pair(subject)
    const CertificateArn = subject.site.certificate.replace(/.{12}$/, '0123456789ab')
    const call = listener(subject, balancer, target, { ...secure(subject), Certificates: [{ CertificateArn }] })
    expect(await refusal(call)).toBe('CertificateNotFoundException')
  }),
  sentence('a policy that does not exist is not found', async subject => {
    const [balancer, target] = await pair(subject)
    const call = listener(subject, balancer, target, { ...secure(subject), SslPolicy: 'ELBSecurityPolicy-1999-01' })
    expect(await refusal(call)).toBe('SSLPolicyNotFoundException')
  }),
  sentence('certificates are added to the list of a listener and removed from it', async subject => {
    const { LoadBalancerArn } = await application(subject)
    const target = await group(subject, { Protocol: 'HTTP' })
    const { ListenerArn } = await listener(subject, LoadBalancerArn, target.TargetGroupArn, {
      ...secure(subject),
      Protocol: 'HTTPS',
    })
    const Certificates = [{ CertificateArn: subject.site.certificate }]
    await subject.elbv2.send(new AddListenerCertificatesCommand({ ListenerArn, Certificates }))
    const listed = async () => (await subject.elbv2.send(new DescribeListenerCertificatesCommand({ ListenerArn }))).Certificates
    expect((await listed())?.map(certificate => certificate.IsDefault)).toEqual([true, false])
    await subject.elbv2.send(new RemoveListenerCertificatesCommand({ ListenerArn, Certificates }))
    expect((await listed())?.map(certificate => certificate.IsDefault)).toEqual([true])
  }),
  sentence('a listener moves to another target group', async subject => {
    const [balancer, target] = await pair(subject)
    const other = await group(subject, { Name: 'other' })
    const { ListenerArn } = await listener(subject, balancer, target)
    const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn: other.TargetGroupArn }]
    await subject.elbv2.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }))
    const { Listeners } = await subject.elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: balancer }))
    expect(Listeners?.map(found => found.DefaultActions?.[0]?.TargetGroupArn)).toEqual([other.TargetGroupArn])
  }),
  sentence('a listener keeps its idle timeout', async subject => {
    const [balancer, target] = await pair(subject)
    const { ListenerArn } = await listener(subject, balancer, target)
    const Attributes = [{ Key: 'tcp.idle_timeout.seconds', Value: '600' }]
    await subject.elbv2.send(new ModifyListenerAttributesCommand({ ListenerArn, Attributes }))
    expect((await subject.elbv2.send(new DescribeListenerAttributesCommand({ ListenerArn }))).Attributes).toContainEqual(
      Attributes[0],
    )
  }),
  sentence('an idle timeout out of range is refused', async subject => {
    const [balancer, target] = await pair(subject)
    const { ListenerArn } = await listener(subject, balancer, target)
    const Attributes = [{ Key: 'tcp.idle_timeout.seconds', Value: '59' }]
    expect(await refusal(subject.elbv2.send(new ModifyListenerAttributesCommand({ ListenerArn, Attributes })))).toBe(
      'ValidationError',
    )
  }),
  sentence('a deleted listener is gone', async subject => {
    const [balancer, target] = await pair(subject)
    const { ListenerArn } = await listener(subject, balancer, target)
    await subject.elbv2.send(new DeleteListenerCommand({ ListenerArn }))
    expect(await refusal(subject.elbv2.send(new DeleteListenerCommand({ ListenerArn })))).toBe('ListenerNotFoundException')
  }),
  sentence('a load balancer has at most 50 listeners', async subject => {
    const [balancer, target] = await pair(subject)
    for (let Port = 1; Port <= 50; Port++) await listener(subject, balancer, target, { Port })
    expect(await refusal(listener(subject, balancer, target, { Port: 51 }))).toBe('TooManyListenersException')
  }),
]
