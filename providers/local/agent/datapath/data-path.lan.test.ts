// The data path with real packets: every combination of family, protocol and place of the pod, and what Services ask for besides.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { missingForLan } from '../announcer/lan-under-test.ts'
import type { ClientAnswer } from './client-under-test.ts'
import { makeCluster, secondClientAddress } from './cluster-under-test.ts'
import type { TestCluster } from './cluster-under-test.ts'
import { podAddress, virtual } from './network-under-test.ts'
import type { Family } from './network-under-test.ts'

const missing = missingForLan()
const allPods = ['n1a', 'n1b', 'n2a', 'n2b', 'n3a', 'n3b']
let cluster: TestCluster
let connections = 0

beforeAll(async () => {
  if (missing !== undefined) return
  cluster = await makeCluster('dp')
  cluster.announceFrom('n1')
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

interface Asked {
  readonly family: Family
  readonly protocol: 'TCP' | 'UDP'
  readonly from?: string
  readonly port?: number
  /** So long an answer is waited for that is not expected. */
  readonly waitMs?: number
}

const briefly = { waitMs: 1000 }

/** One new connection or flow: the pod and the client as it saw it, or why nobody answered. */
async function once({ family, protocol, from, port, waitMs }: Asked): Promise<string> {
  const id = ++connections
  const to = { id, address: virtual[family], ...(from !== undefined && { from }), ...(waitMs !== undefined && { waitMs }) }
  if (protocol === 'UDP') return said(await cluster.ask({ op: 'udp', ...to, port: port ?? 53 }))
  const opened = await cluster.ask({ op: 'open', ...to, port: port ?? 80 })
  if (opened.error !== undefined) return opened.error
  const answer = await cluster.ask({ op: 'ask', id })
  await cluster.ask({ op: 'close', id })
  return said(answer)
}

const said = ({ words, error }: ClientAnswer) => error ?? `${words?.[0]} ${words?.[1]}`

async function many(count: number, asked: Asked): Promise<readonly string[]> {
  const answers: string[] = []
  for (let round = 0; round < count; round += 8)
    answers.push(...(await Promise.all(Array.from({ length: Math.min(8, count - round) }, () => once(asked)))))
  return answers
}

const service = (protocol: 'TCP' | 'UDP') => ({ protocol, port: protocol === 'TCP' ? 80 : 53, pods: allPods })
const both = [service('TCP'), service('UDP')]
const families = ['IPv4', 'IPv6'] as const
const protocols = ['TCP', 'UDP'] as const
const combinations = families.flatMap(family => protocols.map(protocol => ({ family, protocol })))

describe.skipIf(missing !== undefined)(missing ? `the data path: not run, ${missing}` : 'the data path', () => {
  test.each(combinations)(
    '$protocol over $family reaches every pod on every node, with the client’s own address',
    async asked => {
      await cluster.serve(both)
      cluster.announceFrom('n1')
      const answers = await many(96, asked)
      expect([...new Set(answers)].toSorted()).toEqual(allPods.map(pod => `${pod} ${cluster.client[asked.family]}`))
      for (const pod of allPods) expect(answers.filter(each => each.startsWith(pod)).length, pod).toBeGreaterThan(1)
    },
  )

  test('what goes to a pod carries no mark by which kube-proxy would masquerade it, whatever the Service', async () => {
    const masquerading = 'add table inet kube; add chain inet kube post { type nat hook postrouting priority 100; }'
    for (const node of cluster.nodes)
      cluster.run(node, 'nft', `${masquerading}; add rule inet kube post meta mark & 0xc000 != 0 masquerade`)
    const ports = Array.from({ length: 12 }, (_, index) => 8000 + index)
    await cluster.serve(ports.map(port => ({ ...service('TCP'), port })))
    for (const family of families) {
      const answers = await Promise.all(ports.map(port => once({ family, protocol: 'TCP', port })))
      expect(answers.map(answer => answer.split(' ')[1])).toEqual(ports.map(() => cluster.client[family]))
    }
    for (const node of cluster.nodes) cluster.run(node, 'nft', 'delete table inet kube')
  })

  test.each(combinations)('$protocol over $family: pods of the announcing node only, and of another only', async asked => {
    for (const pods of [['n1a'], ['n3b']]) {
      await cluster.serve([{ ...service(asked.protocol), pods }])
      expect(new Set(await many(8, asked))).toEqual(new Set([`${pods[0]} ${cluster.client[asked.family]}`]))
    }
  })

  test.each(combinations)('$protocol over $family without pods is refused, not left without an answer', async asked => {
    await cluster.serve([{ ...service(asked.protocol), pods: [] }])
    // The kernel tells the same client only now and then; who asks again hears it.
    await vi.waitFor(async () => expect(await once({ ...asked, ...briefly })).toBe('ECONNREFUSED'), 60_000)
  })

  test.each(combinations)(
    '$protocol over $family: a node that has not heard of pods yet is silent to what it is handed, and serves who comes again',
    async asked => {
      const of = service(asked.protocol)
      await cluster.serve([{ ...of, pods: [] }])
      await cluster.serve([{ ...of, pods: ['n2a'] }], { on: ['n1'] })
      const unheard = await Promise.all(Array.from({ length: 3 }, () => once({ ...asked, ...briefly })))
      for (const answer of unheard) expect(answer).toMatch(/timeout/)
      // One that begins before the node has heard, and goes on trying as TCP does.
      const early = asked.protocol === 'TCP' ? once(asked) : undefined
      await cluster.serve([{ ...of, pods: ['n2a'] }], { on: ['n2', 'n3'] })
      expect(await (early ?? once(asked))).toBe(`n2a ${cluster.client[asked.family]}`)
    },
  )

  test.each(combinations)('$protocol over $family: who is not among the source ranges gets no answer', async asked => {
    const sources = ['10.201.0.2/32', 'fd00:201::2/128', '192.0.2.0/24', '192.0.2.0/25']
    for (const path of ['direct', 'masquerade', 'local'] as const) {
      await cluster.serve([{ ...service(asked.protocol), pods: ['n1a', 'n2a'], sources, path }])
      expect(await once({ ...asked, from: cluster.client[asked.family] }), path).toMatch(/^n\d/)
      expect(await once({ ...asked, from: secondClientAddress[asked.family], ...briefly }), path).toMatch(/timeout/)
    }
  })

  test.each(combinations)(
    '$protocol over $family with affinity: a client stays with its pod, another node that announces included',
    async asked => {
      await cluster.serve([{ ...service(asked.protocol), affinitySeconds: 60 }])
      const first = [await once(asked), ...(await many(12, asked))]
      expect(new Set(first).size, first.join()).toBe(1)
      cluster.announceFrom('n2')
      expect(new Set(await many(6, asked))).toEqual(new Set(first))
      cluster.announceFrom('n1')
      const gone = first[0]?.slice(0, 3) ?? ''
      await cluster.serve([{ ...service(asked.protocol), affinitySeconds: 60, pods: allPods.filter(pod => pod !== gone) }])
      const after = [await once(asked), ...(await many(8, asked))]
      expect(new Set(after).size).toBe(1)
      expect(after[0]).not.toBe(first[0])
    },
  )

  test.each(combinations)(
    '$protocol over $family where nodes cannot be sent to: masqueraded from all pods, or local ones only',
    async asked => {
      await cluster.serve([{ ...service(asked.protocol), path: 'masquerade' }])
      const answers = new Set(await many(72, asked))
      const node = asked.family === 'IPv4' ? '10.201.0.1' : 'fd00:201::1'
      expect([...answers].toSorted()).toEqual(
        allPods.map(pod => `${pod} ${pod.startsWith('n1') ? cluster.client[asked.family] : node}`),
      )
      await cluster.serve([{ ...service(asked.protocol), path: 'local' }])
      expect([...new Set(await many(24, asked))].toSorted()).toEqual(
        ['n1a', 'n1b'].map(pod => `${pod} ${cluster.client[asked.family]}`),
      )
    },
  )

  test('several ports and protocols of one address are told apart, and what is no port of a Service is not ours', async () => {
    await cluster.serve([
      { protocol: 'TCP', port: 80, pods: ['n1a'] },
      { protocol: 'TCP', port: 8443, pods: ['n2a'] },
      { protocol: 'UDP', port: 80, pods: ['n3a'] },
    ])
    expect(await once({ family: 'IPv4', protocol: 'TCP', port: 80 })).toMatch(/^n1a/)
    expect(await once({ family: 'IPv4', protocol: 'TCP', port: 8443 })).toMatch(/^n2a/)
    expect(await once({ family: 'IPv4', protocol: 'UDP', port: 80 })).toMatch(/^n3a/)
    expect(await once({ family: 'IPv4', protocol: 'TCP', port: 81, ...briefly })).toMatch(/timeout|EHOSTUNREACH|ECONNREFUSED/)
  })

  test.each(families)('over %s pods of one Service are met each at its own port', async family => {
    const pods = ['n1a:8080', 'n1b:8081', 'n2a:8081', 'n3a:8080']
    await cluster.serve([{ protocol: 'TCP', port: 80, pods }])
    const answers = await many(48, { family, protocol: 'TCP' })
    expect([...new Set(answers)].toSorted()).toEqual(['n1a', 'n1b', 'n2a', 'n3a'].map(pod => `${pod} ${cluster.client[family]}`))
  })

  test('a pod that drains gets connections only while no other is left', async () => {
    await cluster.serve([{ protocol: 'TCP', port: 80, pods: ['-n1a', '-n2a', 'n3a'] }])
    expect(new Set(await many(8, combinations[0] ?? { family: 'IPv4', protocol: 'TCP' }))).toEqual(
      new Set([`n3a ${cluster.client.IPv4}`]),
    )
    await cluster.serve([{ protocol: 'TCP', port: 80, pods: ['-n1a', '-n2a'] }])
    expect(new Set(await many(16, { family: 'IPv4', protocol: 'TCP' })).size).toBe(2)
  })

  test.each(families)('over %s what is too large for one packet arrives, in fragments as well', async family => {
    await cluster.serve([
      { protocol: 'TCP', port: 80, pods: ['n2a'] },
      { protocol: 'UDP', port: 53, pods: ['n2a'] },
    ])
    const id = ++connections
    await cluster.ask({ op: 'open', id, address: virtual[family], port: 80 })
    expect(said(await cluster.ask({ op: 'ask', id, bytes: 300_000 }))).toMatch(/^n2a/)
    const datagram = { op: 'udp', id, address: virtual[family], port: 53, bytes: 4000 } as const
    expect(said(await cluster.ask(datagram))).toBe(`n2a ${cluster.client[family]}`)
  })

  test.each(families)('over %s nobody is told to send to the other node directly, as a router would tell', async family => {
    await cluster.serve([{ protocol: 'TCP', port: 80, pods: ['n2a'] }])
    const heard = () => {
      if (family === 'IPv6') return Number(/Icmp6InRedirects\s+(\d+)/.exec(cluster.run('client', 'cat', '/proc/net/snmp6'))?.[1])
      const [names = '', values = ''] = cluster.run('client', 'grep', '^Icmp:', '/proc/net/snmp').split('\n')
      return Number(values.split(' ')[names.split(' ').indexOf('InRedirects')])
    }
    const before = heard()
    expect(new Set(await many(8, { family, protocol: 'TCP' }))).toEqual(new Set([`n2a ${cluster.client[family]}`]))
    expect(heard()).toBe(before)
  })

  test.each(families)('over %s source ranges are kept for addresses that kube-proxy carries', async family => {
    const sources = ['10.201.0.2/32', 'fd00:201::2/128']
    await cluster.serve([{ protocol: 'TCP', port: 80, pods: ['n1a'], sources, path: 'elsewhere' }])
    const [ip, pod] = family === 'IPv4' ? ['ip', podAddress('n1a', family)] : ['ip6', `[${podAddress('n1a', family)}]`]
    const chain = `{ type nat hook prerouting priority dstnat; ${ip} daddr ${virtual[family]} tcp dport 80 dnat to ${pod}:8080; }`
    cluster.run('n1', 'nft', `table ${ip} like-kube-proxy { chain prerouting ${chain}; }`)
    try {
      const asked = { family, protocol: 'TCP' } as const
      expect(await once({ ...asked, from: cluster.client[family] })).toBe(`n1a ${cluster.client[family]}`)
      expect(await once({ ...asked, from: secondClientAddress[family], ...briefly })).toMatch(/timeout/)
    } finally {
      cluster.run('n1', 'nft', 'delete', 'table', ip, 'like-kube-proxy')
    }
  })

  test('the table keeps working without an agent, and uninstalling takes away all of it', async () => {
    await cluster.serve(both)
    cluster.restartAgent('n1')
    expect(new Set(await many(16, { family: 'IPv4', protocol: 'TCP' })).size).toBeGreaterThan(2)
    await cluster.remove('n1')
    expect(cluster.run('n1', 'nft', 'list', 'tables')).toBe('')
    expect(cluster.run('n1', 'ip', 'rule', 'show')).not.toContain('20170')
    expect(await once({ family: 'IPv4', protocol: 'TCP', ...briefly })).toMatch(/timeout|EHOSTUNREACH|ECONNREFUSED/)
  })
})
