import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createNft } from './nft.ts'
import { findObstacle, readPreflight } from './preflight.ts'
import type { PreflightFacts } from './preflight.ts'

const fine: PreflightFacts = {
  kernel: '6.1.0',
  strictPath: undefined,
  refused: undefined,
  ipvs: false,
  bypass: undefined,
  forwarding: { ipv4: true, ipv6: true },
  families: { ipv4: true, ipv6: true },
}

test('a node that can, can', () => {
  expect(findObstacle(fine)).toBeUndefined()
  expect(
    findObstacle({ ...fine, forwarding: { ipv4: true, ipv6: false }, families: { ipv4: true, ipv6: false } }),
  ).toBeUndefined()
})

test.each<readonly [string, Partial<PreflightFacts>, RegExp]>([
  ['NftMissing', { refused: { code: 'NftMissing', complaint: 'ENOENT' } }, /cannot be run \(ENOENT\)/],
  [
    'NftRefused',
    { refused: { code: 'NftRefused', complaint: 'Operation not supported' }, ipvs: true },
    /Linux 6.1.0.*Operation not supported.*Linux 5.10.*NET_ADMIN/,
  ],
  ['AddressesOnNode', { ipvs: true }, /IPVS/],
  ['NetfilterBypassed', { bypass: 'Cilium' }, /Cilium/],
  ['StrictReversePath', { strictPath: 'rp_filter = 1 on eth1' }, /rp_filter = 1 on eth1/],
  [
    'ForwardingOff',
    { strictPath: 'rp_filter = 1', forwarding: { ipv4: false, ipv6: false } },
    /net.ipv4.ip_forward and net.ipv6.conf.all.forwarding is 0/,
  ],
])('%s is named, with what to do', (reason, facts, message) => {
  const obstacle = findObstacle({ ...fine, ...facts })
  expect(obstacle?.reason).toBe(reason)
  expect(obstacle?.message).toMatch(message)
})

const everywhere = { families: fine.families, interfaces: ['eth0', 'eth1'] }

test('an nft that is not there is an obstacle, not a crash', async () => {
  const facts = await readPreflight(createNft(['weir-no-such-program']), everywhere, '/nonexistent')
  expect(findObstacle(facts)?.reason).toBe('NftMissing')
})

/** A node with these files, and with these chains in its kernel. */
async function obstacleAt(files: Readonly<Record<string, string>>, chains: readonly object[] = [], complaint?: string) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'weir-preflight-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), text)
  }
  const nft = {
    run: async () => {},
    check: async () => complaint,
    list: async () => ({ nftables: chains.map(chain => ({ chain })) }),
  }
  return findObstacle(await readPreflight(nft, everywhere, folder.path))
}

test('the kernel is asked for every kind of rule that a Service may need', async () => {
  let asked = ''
  const nft = {
    run: async () => {},
    check: async (text: string) => void (asked = text),
    list: async () => ({ nftables: [] }),
  }
  await readPreflight(nft, everywhere, '/nonexistent')
  for (const words of [
    'reject with tcp reset',
    'jhash',
    'numgen random',
    'dnat ip6 to',
    'masquerade',
    'notrack',
    'flags interval',
  ])
    expect(asked).toContain(words)
  expect(asked).not.toMatch(/inet weir\b(?!_trial)/)
})

const cilium = { 'sys/class/net/cilium_host/flags': '0x1003' }

test('network plugins are found by their devices, and Cilium is in the way only in place of kube-proxy', async () => {
  expect(await obstacleAt({})).toBeUndefined()
  expect(await obstacleAt({ 'sys/class/net/bpfin.cali/flags': '0x1003' })).toMatchObject({
    reason: 'NetfilterBypassed',
    message: expect.stringContaining('Calico (eBPF)'),
  })
  expect(await obstacleAt(cilium)).toMatchObject({ reason: 'NetfilterBypassed', message: expect.stringContaining('Cilium') })
  expect(await obstacleAt(cilium, [{ family: 'ip', table: 'nat', name: 'KUBE-SERVICES' }])).toBeUndefined()
  expect(await obstacleAt(cilium, [{ family: 'ip', table: 'kube-proxy', name: 'services' }])).toBeUndefined()
  expect(await obstacleAt(cilium, [], 'Operation not supported')).toMatchObject({ reason: 'NftRefused' })
})

test('strict reverse path filtering is in the way on an interface by which packets come in, if the default route is another one', async () => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
  const route = (name: string) => `${name}\t00000000\t0100C90A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n`
  const strict = (name: string) => ({
    [`proc/sys/net/ipv4/conf/${name}/rp_filter`]: '1\n',
    'proc/net/route': head + route('eth0'),
  })
  expect(await obstacleAt(strict('eth0'))).toBeUndefined()
  expect(await obstacleAt(strict('eth2'))).toBeUndefined()
  expect(await obstacleAt(strict('eth1'))).toMatchObject({
    reason: 'StrictReversePath',
    message: expect.stringContaining('Set rp_filter to 2'),
  })
  expect(await obstacleAt({ ...strict('eth1'), 'proc/sys/net/ipv4/conf/all/rp_filter': '2\n' })).toBeUndefined()
})
