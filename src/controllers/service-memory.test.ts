// Which changes of endpoints matter to the condition of a Service.
import { expect, test } from 'vitest'
import { membershipMark } from './service-memory.ts'

test('of a thousand endpoints only the first and the last matter, and for Local the nodes', () => {
  const membership = (readyEndpoints: number, nodes: readonly string[] = []) => ({
    readyEndpoints,
    totalEndpoints: 1000,
    nodesWithEndpoints: nodes,
  })
  expect(membershipMark(membership(1, ['n0']), 'Cluster')).toBe(membershipMark(membership(999, ['n0', 'n1']), 'Cluster'))
  const portless = [{ port: 80, protocol: 'TCP' as const, portName: '', targetPort: 'htpp' }]
  const typo = { ...membership(1, ['n0']), portless }
  for (const policy of ['Cluster', 'Local'] as const)
    expect(membershipMark(typo, policy)).not.toBe(membershipMark(membership(1, ['n0']), policy))
  expect(membershipMark(membership(0), 'Cluster')).not.toBe(membershipMark(membership(1, ['n0']), 'Cluster'))
  expect(membershipMark(membership(1, ['n0']), 'Local')).not.toBe(membershipMark(membership(2, ['n0', 'n1']), 'Local'))
})
