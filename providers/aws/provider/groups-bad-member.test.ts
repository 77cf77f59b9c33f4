// What one member of a group gets wrong is its own trouble: at the fake AWS, the others go on.
import { describe, expect, test } from 'vitest'
import { idOf } from './world-under-test.ts'
import type { TestService } from './world-under-test.ts'
import { member, world, serve, balancers, ports, hostOf, a, bb, ccc } from './group-under-test.ts'

describe('a port that two ask for', () => {
  const rival = member('rival', 80)
  const half = member('rival', 80, { ports: [...(a.ports ?? []), { name: 'q', port: 90, targetPort: 8080 }] })

  test('belongs to the older; the other is told whose it is, and gets it when it is free', async () => {
    await using at = await world([a, bb, rival])
    const { aws, cluster } = at
    for (const each of [rival, bb, a]) cluster.members.set(idOf(each).uid, each)
    const refused = await cluster.settle(rival)
    expect(refused.readiness).toMatchObject({ ready: false, reason: 'PortConflict' })
    expect(refused.readiness.message).toContain('Port 80 of the group belongs to default/a.')
    expect(refused.ingress).toEqual([])
    await serve(cluster, [a, bb])
    cluster.woken.splice(0)
    await cluster.settleRemoval(a)
    expect(cluster.woken.map(({ name }) => name)).toContain('rival')
    await serve(cluster, [bb, rival])
    expect(ports(aws)).toEqual([80, 81])
    expect((await cluster.look(rival)).readiness.reason).toBe('Serving')
  })

  test('leaves the younger its others, with an error in its status', async () => {
    await using at = await world([a, half])
    const { cluster } = at
    await serve(cluster, [a, half])
    const outcome = await cluster.look(half)
    expect(outcome.readiness).toMatchObject({ ready: true, reason: 'Serving' })
    expect(outcome.readiness.message).toContain('Port 80 of the group belongs to default/a.')
    expect(outcome.ingress).toMatchObject([
      {
        ports: [
          { port: 80, protocol: 'TCP', error: 'weir.dev/PortConflict' },
          { port: 90, protocol: 'TCP' },
        ],
      },
    ])
  })
})

describe('a bad member', () => {
  test('keeps what it had, and the others go on without it', async () => {
    await using at = await world()
    const { aws, cluster } = at
    await serve(cluster, [a, bb])
    // The leader of the group, of all.
    const broken = { ...a, aws: { scheme: 'sideways' } }
    cluster.members.set(idOf(a).uid, broken)
    await serve(cluster, [bb, ccc])
    expect(ports(aws)).toEqual([80, 81, 82])
    expect(balancers(aws)).toHaveLength(1)
  })

  test('that leads and asks for what cannot be is told so, alone, and the others change as they like', async () => {
    await using at = await world()
    const { aws, cluster, vpc } = at
    await serve(cluster, [a, bb])
    const standing = balancers(aws)[0]
    const impossible: readonly (readonly [string, TestService])[] = [
      ['SubnetsNotFound', { ...a, aws: { subnets: 'subnet-none' } }],
      ['InterruptionRefused', { ...a, aws: { subnets: vpc.publicSubnets.map(({ id }) => id).join() } }],
    ]
    for (const [index, [reason, wanting]] of impossible.entries()) {
      cluster.members.set(idOf(a).uid, wanting)
      const other = member('bb', 91 + index)
      cluster.pods(other, at.node.podIps.slice(2, 4))
      await serve(cluster, [other])
      expect(ports(aws)).toEqual([80, 91 + index])
      const told = await cluster.look(wanting).then(
        ({ readiness, ingress }) => [readiness.reason, hostOf({ ingress })],
        (error: unknown) => [error instanceof Error && 'code' in error ? error.code : error, [standing?.dnsName]],
      )
      expect(told).toEqual([reason, [standing?.dnsName]])
    }
    await serve(cluster, [a])
    expect((await cluster.look(a)).readiness.ready).toBe(true)
    expect(balancers(aws).map(({ arn }) => arn)).toEqual([standing?.arn])
  })

  test('that would lead and asks for what is not there does not keep the others from one', async () => {
    const lost = member('a', 80, { aws: { subnets: 'subnet-none' } })
    await using at = await world([lost, bb])
    const { aws, cluster } = at
    cluster.members.set(idOf(lost).uid, lost)
    await cluster.look(bb)
    expect(ports(aws)).toEqual([81])
    // Then it comes second, and follows.
    await serve(cluster, [lost, bb])
    expect(ports(aws)).toEqual([80, 81])
    expect((await cluster.look(lost)).warnings).toMatchObject([
      { reason: 'GroupConflict', message: 'The load balancer of the group follows default/bb in its subnets.' },
    ])
  })

  test('that would be exposed is not', async () => {
    const outside = member('a', 80, { aws: { scheme: 'internet-facing' } })
    const inside = member('bb', 81, { aws: { scheme: 'internal' } })
    await using at = await world([outside, inside])
    const { aws, cluster } = at
    await serve(cluster, [outside, inside])
    expect(balancers(aws).map(({ scheme }) => scheme)).toEqual(['internet-facing'])
    expect(ports(aws)).toEqual([80])
    expect((await cluster.look(inside)).readiness).toMatchObject({ ready: false, reason: 'GroupConflict' })
  })

  test('that says nothing of the internet does not get there, whether it comes first or the other does', async () => {
    const outside = member('a', 80, { aws: { scheme: 'internet-facing' } })
    await using at = await world([outside, bb])
    const { aws, cluster } = at
    await serve(cluster, [outside, bb])
    expect(ports(aws)).toEqual([80])
    const { readiness } = await cluster.look(bb)
    expect(readiness).toMatchObject({ ready: false, reason: 'GroupConflict', message: expect.stringContaining('Annotate it') })
    await serve(cluster, [{ ...bb, aws: { scheme: 'internet-facing' } }])
    expect(ports(aws)).toEqual([80, 81])
  })

  test('whose listener AWS refuses is told so, alone, and tried again', async () => {
    await using at = await world()
    const { aws, cluster } = at
    const bad = member('bb', 81, {
      aws: { 'ssl-cert': 'arn:aws:acm:us-west-2:123456789012:certificate/none', 'ssl-ports': '81' },
    })
    for (const each of [a, bad, ccc]) cluster.members.set(idOf(each).uid, each)
    await serve(cluster, [a, ccc])
    expect(ports(aws)).toEqual([80, 82])
    await expect(cluster.look(bad)).rejects.toMatchObject({ code: 'CertificateNotFound' })
    const mark = aws.calls.mark()
    expect((await cluster.look(a)).readiness.reason).toBe('Serving')
    expect(aws.calls.since(mark).entries).toEqual([])
    await serve(cluster, [bb])
    expect(ports(aws)).toEqual([80, 81, 82])
  })
})

describe('a certificate that cannot be used', () => {
  const unknown = 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000'
  const tls = (name: string, port: number, certificates: string) =>
    member(name, port, { aws: { 'ssl-cert': certificates, 'ssl-ports': String(port) } })

  test.each(['the first member', 'another member'])('of %s keeps only its own listener out', async who => {
    const [first, second] = who === 'the first member' ? [tls('a', 80, unknown), bb] : [a, tls('bb', 81, unknown)]
    const [bad, good] = who === 'the first member' ? [first, second] : [second, first]
    await using at = await world([first, second])
    const { aws, cluster } = at
    for (const each of [first, second]) cluster.members.set(idOf(each).uid, each)
    await cluster.look(good).catch(() => {})
    await serve(cluster, [good])
    expect(ports(aws)).toEqual([good.ports![0]!.port])
    await expect(cluster.look(bad)).rejects.toMatchObject({ code: 'CertificateNotFound' })
    expect((await cluster.look(good)).readiness.reason).toBe('Serving')
    const issued = aws.createCertificate({ domain: 'shop.example' })
    await serve(cluster, [tls(bad.name, bad.ports![0]!.port, issued)])
    expect(ports(aws)).toEqual([80, 81])
  })

  test('beside a good one, or in place of it, leaves what serves as it is', async () => {
    await using at = await world()
    const { aws, cluster } = at
    const issued = aws.createCertificate({ domain: 'shop.example' })
    await serve(cluster, [a, tls('bb', 81, issued)])
    const before = JSON.stringify(aws.world.listeners.values())
    for (const wrong of [unknown, `${issued},${unknown}`]) {
      await expect(cluster.look(tls('bb', 81, wrong))).rejects.toMatchObject({ code: 'CertificateNotFound' })
      expect(JSON.stringify(aws.world.listeners.values())).toBe(before)
      expect((await cluster.look(a)).readiness.reason).toBe('Serving')
    }
    const late = member('late', 9000)
    await serve(cluster, [late])
    expect(ports(aws)).toEqual([80, 81, 9000])
  })
})
