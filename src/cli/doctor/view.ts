// `weir doctor`: what every check has found, and a fix for what is wrong.
import { type Block, line, type View } from '../view.ts'
import type { Finding, State } from './check.ts'

const marks = { well: '✔', wrong: '✘', unknown: '–' } as const satisfies Record<State, string>
const tones = { well: 'good', wrong: 'bad', unknown: 'quiet' } as const satisfies Record<State, string>

/** Pure. Healthy when nothing is wrong. */
export function doctorView(findings: readonly Finding[]): View {
  const width = Math.max(0, ...findings.map(({ check }) => check.length))
  const bad = findings.filter(({ state }) => state === 'wrong').length
  const unclear = findings.filter(({ state }) => state === 'unknown').length
  return {
    healthy: bad === 0,
    data: { wrong: bad, unknown: unclear, checks: findings },
    blocks: [
      ...findings.flatMap(({ check, state, found, fix }): readonly Block[] => [
        line(`${marks[state]} ${check.padEnd(width)}  ${found}`, tones[state]),
        ...(fix === undefined || fix === '' ? [] : [line(`  ${''.padEnd(width)}  → ${fix}`)]),
      ]),
      line(
        `${findings.length} checks: ${bad === 0 ? 'nothing is wrong' : `${bad} wrong`}${unclear === 0 ? '' : `, ${unclear} not applicable or not told`}.`,
        'quiet',
      ),
    ],
  }
}
