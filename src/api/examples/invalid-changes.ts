// Changes the API server must refuse, of objects it took.
import type { InvalidChange } from './example.ts'
import { announcement, block, bound } from './parts.ts'

const lanClass = { kind: 'LoadBalancerClass', name: 'lan', spec: { provider: 'local' } }
const announced = { kind: 'Announcement', name: 'ip-10-201-200-1', spec: announcement }

export const invalidChanges: readonly InvalidChange[] = [
  { why: 'another provider for a class', ...lanClass, patch: { spec: { provider: 'aws' } }, error: 'provider cannot change' },
  {
    why: 'another base for a block',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-200-0',
    spec: block,
    patch: { spec: { base: '10.201.201.0' } },
    error: 'base cannot change',
  },
  {
    why: 'another address for an announcement',
    ...announced,
    patch: { spec: { address: '10.201.200.2' } },
    error: 'address cannot change',
  },
  {
    why: 'an epoch that goes back',
    ...announced,
    patch: { status: { epoch: 1, node: 'n1' } },
    error: 'the epoch never goes back',
  },
  {
    why: 'another term',
    ...announced,
    patch: { status: { epoch: 3, term: 8, node: 'n1' } },
    error: 'the term never changes',
  },
  {
    why: 'a hardware address in another form',
    ...announced,
    patch: { status: { epoch: 3, node: 'n1', mac: 'eth0' } },
    error: 'status.mac',
  },
  {
    why: 'another target group for a binding',
    kind: 'TargetGroupBinding',
    name: 'web',
    spec: bound,
    patch: { spec: { targetGroupName: 'other' } },
    error: 'the target group cannot change',
  },
  {
    why: 'two conditions of one type',
    ...lanClass,
    patch: { status: { conditions: Array.from({ length: 2 }, () => condition()) } },
    error: 'Duplicate value',
  },
]

function condition(): object {
  return { type: 'Ready', status: 'True', reason: 'Accepted', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
}
