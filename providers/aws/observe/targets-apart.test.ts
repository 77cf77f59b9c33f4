// Which rules stand in for an opening that the ledger has, and which do not.
import { expect, test } from 'vitest'
import type { Rule } from '../model/security-group-rules.ts'
import { closedOpenings, printTargetsApart } from './targets-apart.ts'

/** What differs where `opening` is on record and `rules` are at the pods. */
function apart(opening: string, rules: readonly Rule[], shared?: string): readonly string[] {
  return closedOpenings({ 'sg-pods': [opening] }, new Map([['sg-pods', { rules }]]), shared).map(printTargetsApart)
}

const rule = (source: string, from: number, to = from, protocol = 'tcp'): Rule => ({
  protocol,
  from,
  to,
  kind: source.includes('/') ? 'cidr' : 'group',
  source,
})

test('a port opened to the load balancer is open by a rule of its group that has the port, alone or in a range', () => {
  expect(apart('tcp:8080', [rule('sg-shared', 8080)], 'sg-shared')).toEqual([])
  expect(apart('tcp:8080', [rule('sg-shared', 8000, 9000)], 'sg-shared')).toEqual([])
  expect(apart('tcp:8080', [rule('sg-given', 8080)], 'sg-given')).toEqual([])
})

test('it is not open by other ports, by another protocol, or to others', () => {
  const missing = ['+ rules           sg-pods: tcp 8080 from the load balancer']
  const others = [
    rule('sg-shared', 8081),
    rule('sg-shared', 8080, 8080, 'udp'),
    rule('sg-other', 8080),
    rule('192.0.2.0/24', 8080),
  ]
  for (const rules of [[], others]) expect(apart('tcp:8080', rules, 'sg-shared')).toEqual(missing)
})

test('a port opened to clients is open to them by their own rule or by a wider one', () => {
  const opening = 'tcp 8080-8080 cidr 10.1.0.0/16'
  for (const source of ['10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0']) expect(apart(opening, [rule(source, 8080)])).toEqual([])
  const missing = ['+ rules           sg-pods: tcp 8080 from 10.1.0.0/16']
  for (const source of ['10.1.2.0/24', '10.2.0.0/16', 'sg-shared']) expect(apart(opening, [rule(source, 8080)])).toEqual(missing)
})
