// Named security groups are found or told; of a target's groups one is opened, whatever their number.
import { describe, expect, test } from 'vitest'
import { namedSecurityGroups, targetSecurityGroup } from './security-groups.ts'

const group = (id: string, tags: Record<string, string> = {}, vpcId = 'vpc-1') => ({ id, name: `name-of-${id}`, vpcId, tags })
const found = [
  group('sg-1', { Name: 'front' }),
  group('sg-2', { Name: 'twin' }),
  group('sg-3', { Name: 'twin' }),
  group('sg-4', {}, 'vpc-2'),
]

describe('named', () => {
  test('by id, Name tag or group name, each once', () => {
    expect(namedSecurityGroups(['front', 'sg-2', 'name-of-sg-3', 'sg-1'], 'vpc-1', found)).toEqual({
      ids: ['sg-1', 'sg-2', 'sg-3'],
      problems: [],
    })
  })

  test.each([
    ['back', 'there is no security group "back" in vpc-1.'],
    ['sg-4', 'there is no security group "sg-4" in vpc-1.'],
    ['twin', '"twin" is the name of sg-2 and sg-3.'],
  ])('%s is refused', (name, message) => {
    expect(namedSecurityGroups([name], 'vpc-1', found).problems).toMatchObject([
      { reason: 'SecurityGroupsInvalid', severity: 'blocks', message },
    ])
  })
})

describe('of a target', () => {
  const cluster = (name: string) => ({ [`kubernetes.io/cluster/${name}`]: 'owned' })

  test.each([
    ['the only one', [group('sg-1')], {}, { id: 'sg-1' }],
    ['the one of the cluster', [group('sg-1'), group('sg-2', cluster('shop'))], {}, { id: 'sg-2' }],
    [
      'the one of this cluster',
      [group('sg-1', cluster('bank')), group('sg-2', cluster('shop'))],
      { clusterName: 'shop' },
      { id: 'sg-2' },
    ],
    [
      'the one with the tags of the class',
      [group('sg-1', cluster('shop')), group('sg-2', { a: 'b' })],
      { tags: { a: 'b' } },
      { id: 'sg-2' },
    ],
  ])('%s', (_, groups, marks, expected) => {
    expect(targetSecurityGroup(groups, marks)).toEqual(expected)
  })

  test.each([
    ['none at all', [], {}, { unclear: 'has no security group' }],
    [
      'several marked',
      [group('sg-2', cluster('a')), group('sg-1', cluster('b'))],
      {},
      { id: 'sg-1', unclear: expect.stringContaining('all of them marked') },
    ],
    ['none marked', [group('sg-2'), group('sg-1')], {}, { id: 'sg-1', unclear: expect.stringContaining('none of them marked') }],
  ])('%s is told, and targets are registered all the same', (_, groups, marks, expected) => {
    expect(targetSecurityGroup(groups, marks)).toEqual(expected)
  })
})
