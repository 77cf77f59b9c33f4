import { expect, test } from 'vitest'
import { createNft } from './nft.ts'
import { findObstacle, readPreflight } from './preflight.ts'
import type { PreflightFacts } from './preflight.ts'

const fine: PreflightFacts = {
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
    /Operation not supported.*NET_ADMIN/,
  ],
  ['AddressesOnNode', { ipvs: true }, /IPVS/],
  ['NetfilterBypassed', { bypass: 'Cilium' }, /Cilium/],
  ['ForwardingOff', { forwarding: { ipv4: false, ipv6: false } }, /net.ipv4.ip_forward and net.ipv6.conf.all.forwarding is 0/],
])('%s is named, with what to do', (reason, facts, message) => {
  const obstacle = findObstacle({ ...fine, ...facts })
  expect(obstacle?.reason).toBe(reason)
  expect(obstacle?.message).toMatch(message)
})

test('an nft that is not there is an obstacle, not a crash', async () => {
  const facts = await readPreflight(createNft(['weir-no-such-program']), fine.families, '/nonexistent')
  expect(findObstacle(facts)?.reason).toBe('NftMissing')
})
