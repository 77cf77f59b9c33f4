// The providers for commands that foretell: made over an imagined cluster, so that nothing they do reaches the true one.
import { printAction } from '../providers/local/actions.ts'
import type { LocalAction } from '../providers/local/actions.ts'
import { printAnnouncementAction } from '../providers/local/placement/placement-text.ts'
import { printGatewayAction } from '../providers/local/ingress/plan.ts'
import type { GatewayAction } from '../providers/local/ingress/plan.ts'
import { createLocalIngressProvider } from '../providers/local/ingress/provider.ts'
import type { AnnouncementAction } from '../providers/local/placement/placement.ts'
import { createLocalProvider } from '../providers/local/provider.ts'
import type { Foreteller, MakeForetellers } from './cli/foretell/foreteller.ts'
import { type ImaginedCluster, imaginedWrites, silentLog } from './cli/foretell/imagined.ts'
import { livingAgents } from './cli/foretell/liveness.ts'
import { addressesInStatuses, desiredOf, seedOf } from './controllers/service-views.ts'
import { createStore } from './kubernetes/store.ts'
import type { Action } from './provider.ts'

/** Providers that no class names have nothing to foretell; that of AWS is loaded only where it has. */
export const makeForetellers: MakeForetellers = async (imagined, signal) => {
  const named = new Set([...imagined.stores.classes.values()].map(({ spec }) => spec.provider))
  const made: [string, Foreteller][] = []
  if (named.has('local')) made.push(['local', localForeteller(imagined, signal)])
  if (named.has('aws') || imagined.loadBalancers.length > 0)
    made.push(['aws', await (await import('./main-cli-foretellers-aws.ts')).awsForeteller(imagined, signal)])
  return new Map(made)
}

function localForeteller({ stores, clusterRanges, clock }: ImaginedCluster, signal: AbortSignal): Foreteller {
  const living = livingAgents(stores.leases.values())
  const provider = createLocalProvider({
    pools: stores.pools,
    clusterRanges,
    blocks: stores.blocks,
    announcements: stores.announcements,
    nodeReports: stores.reports,
    nodes: stores.nodes,
    agents: { alive: node => living.has(node), subscribe: () => () => {} },
    existing: () => addressesInStatuses(stores),
    desired: id => desiredOf(id, stores),
    hashSeed: () => seedOf(stores),
    blockStore: imaginedWrites(stores.blocks, clock),
    announcementStore: imaginedWrites(stores.announcements, clock),
    now: () => clock.now(),
    log: silentLog,
    signal,
  })
  const copies = createStore()
  copies.replace([])
  const ingress = createLocalIngressProvider({
    services: stores.services,
    nodeReports: stores.reports,
    serviceStore: imaginedWrites(stores.services, clock),
    copying: {
      copies,
      isComplete: () => false,
      store: imaginedWrites(copies, clock),
      now: () => clock.monotonic(),
      log: silentLog,
    },
    signal,
  })
  return {
    provider,
    ingress,
    holds: id => provider.holds(id),
    print,
    aim,
    gives: (_, what) => (what === 'ingress' ? 'a gateway on the nodes' : 'an address on the LAN'),
    announcing: { ...provider.announcements, print: action => printAnnouncementAction(asOfAnnouncements(action)) },
  }
}

/** Actions come back to the provider that made them. */
function print(action: Action): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (action.kind.endsWith('-gateway')) return printGatewayAction(action as GatewayAction)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return printAction(action as LocalAction)
}

/** A further try for an address of a family may name other pools. */
function aim(action: Action): string {
  return action.kind === 'give-address' && 'family' in action ? `${action.kind} ${String(action.family)}` : print(action)
}

function asOfAnnouncements(action: Action): AnnouncementAction {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return action as AnnouncementAction
}
