// Which agents live, told from one listing of Leases: the clocks of the nodes are compared with each other, never with ours.
import { agentLeaseLabel } from '../../api/group.ts'
import type { Lease } from '../../kubernetes/leases.ts'

/** So much later than it should a renewal may come; the nodes' clocks may differ by that. */
const toleranceMs = 5000

/** The nodes whose agents renewed their Leases lately, measured by whichever Lease was renewed last. Pure. */
export function livingAgents(leases: Iterable<Lease>): ReadonlySet<string> {
  const all = [...leases]
  const newest = Math.max(0, ...all.map(renewedAt))
  return new Set(
    all
      .filter(({ metadata, spec }) => metadata.labels?.[agentLeaseLabel] === 'node' && (spec?.holderIdentity ?? '') !== '')
      .filter(lease => newest - renewedAt(lease) <= (lease.spec?.leaseDurationSeconds ?? 0) * 1000 + toleranceMs)
      .map(({ metadata }) => metadata.name),
  )
}

function renewedAt({ spec }: Lease): number {
  const at = Date.parse(spec?.renewTime ?? '')
  return Number.isNaN(at) ? 0 : at
}
