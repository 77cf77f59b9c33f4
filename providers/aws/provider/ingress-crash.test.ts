// The process dies at each call of making, changing and taking away what Ingresses have; whoever comes after finishes without leftovers or doubles.
import { beforeAll, expect, test } from 'vitest'
import { selfSigned } from '../../../test/fake-aws/certificate-files.ts'
import type { Pem } from '../../../test/fake-aws/contract/subject.ts'
import { albIngress } from '../ingress/world-under-test.ts'
import { ingressWorld, standing } from './ingress-under-test.ts'
import type { IngressWorld } from './ingress-under-test.ts'

const annotations = {
  'wafv2-acl-name': 'site',
  'load-balancer-attributes': 'idle_timeout.timeout_seconds=120',
  'target-group-attributes': 'deregistration_delay.timeout_seconds=30',
}
const one = albIngress({
  rules: { 'shop.example.com': { 'Prefix /': 'web', 'Prefix /cart': 'cart' } },
  tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }],
  annotations,
})
const two = albIngress({ name: 'blog', day: 2, rules: { 'blog.example.com': { 'Exact /a': 'cart' } } })
const other = albIngress({
  rules: { 'shop.example.com': { 'Prefix /cart': 'web', 'Prefix /': 'cart', 'Exact /x': 'web' } },
  tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }],
  annotations,
})

let pem: Pem
beforeAll(async () => {
  pem = await selfSigned('shop.example.com')
})

async function world(): Promise<IngressWorld> {
  const at = await ingressWorld({ pods: 6 })
  at.aws.createWebAcl({ name: 'site' })
  at.pods('default/web', at.podIps.slice(0, 1))
  at.pods('default/cart', at.podIps.slice(1, 2))
  const chain = Buffer.from(pem.certificate).toString()
  const content = { kind: 'tls', fingerprint: 'one', chain, key: Buffer.from(pem.key).toString() } as const
  const certificate = { names: ['shop.example.com'], notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' }
  at.secrets.set('tls/default/shop-tls', {
    ref: { kind: 'tls', namespace: 'default', name: 'shop-tls' },
    good: { fingerprint: 'one', certificate },
    content: () => Promise.resolve(content),
  })
  return at
}

/** Runs `work` until it is done; the process dies with the failed call, and what it would have written afterwards is lost. */
async function untilDone({ cluster, aws }: IngressWorld, fault: { readonly hits: number }, work: () => Promise<unknown>) {
  const { ledger } = cluster
  const write = ledger.write.bind(ledger)
  ledger.write = async (...call) => {
    if (fault.hits > 0) ledger.dead = true
    return write(...call)
  }
  for (let turn = 0; turn < 6; turn++) {
    try {
      await work()
      return
    } catch {
      ledger.write = write
      cluster.restart()
      aws.advance(5000)
    }
  }
  await work()
}

const nothing = { balancers: [], groups: [], listeners: [], rules: [], certificates: [], webAcls: 0 }

for (const when of ['before', 'after'] as const) {
  test(`the process dies ${when} each call of making a load balancer for Ingresses`, { timeout: 300_000 }, async () => {
    await using whole = await world()
    await whole.settle([one, two])
    const wanted = standing(whole.aws)
    expect(wanted.rules).toHaveLength(5)
    for (let nth = 1; ; nth++) {
      await using at = await world()
      using fault = at.aws.fail({ operation: '*', when, nth, error: 'reset' })
      await untilDone(at, fault, () => at.settle([one, two]))
      if (fault.hits === 0) break
      expect(standing(at.aws), `cut at call ${nth}`).toEqual(wanted)
    }
  })

  test(`the process dies ${when} each call of changing its rules`, { timeout: 300_000 }, async () => {
    await using whole = await world()
    await whole.settle([one, two])
    await whole.settle([other])
    const wanted = standing(whole.aws).rules
    for (let nth = 1; ; nth++) {
      await using at = await world()
      await at.settle([one, two])
      using fault = at.aws.fail({ operation: '*', when, nth, error: 'reset' })
      await untilDone(at, fault, () => at.settle([other]))
      if (fault.hits === 0) break
      expect(standing(at.aws).rules, `cut at call ${nth}`).toEqual(wanted)
    }
  })

  test(`the process dies ${when} each call of taking it away`, { timeout: 300_000 }, async () => {
    for (let nth = 1; ; nth++) {
      await using at = await world()
      await at.settle([one, two])
      using fault = at.aws.fail({ operation: '*', when, nth, error: 'reset' })
      await untilDone(at, fault, () => at.settleRemoval())
      if (fault.hits === 0) break
      expect(standing(at.aws), `cut at call ${nth}`).toMatchObject(nothing)
      expect(standing(at.aws).security.map(({ name }) => name)).toEqual(['default'])
    }
  })
}
