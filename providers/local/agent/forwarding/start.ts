// Everything the data path of a node is made of, put together; loaded only when there is an address with pod targets.
import { openNetlinkSocket } from '../announcer/netlink-socket.ts'
import { createDataPath } from '../datapath/data-path.ts'
import { createElementWriter } from '../datapath/element-writer.ts'
import { createFlows, netfilterProtocol } from '../datapath/flows.ts'
import { createNft } from '../datapath/nft.ts'
import type { Nft } from '../datapath/nft.ts'
import { createNodeRoutes } from '../datapath/node-routes.ts'
import { findObstacle, readPreflight } from '../datapath/preflight.ts'
import { createForwarder } from './forwarder.ts'
import type { Forwarder, ForwarderOptions } from './forwarder.ts'
import { counted } from './counted.ts'
import type { CountedOptions } from './counted.ts'
import { createDrains } from './drains.ts'
import { followPlacedServices } from './placed-services.ts'
import type { PlacedServicesOptions } from './placed-services.ts'

export interface ForwardingOptions
  extends Omit<ForwarderOptions, 'placed' | 'dataPath' | 'drains' | 'findObstacle'>,
    Pick<PlacedServicesOptions, 'announcements' | 'services' | 'slices'> {
  readonly onTransaction: CountedOptions['onTransaction']
  /** Runs nft unless told. */
  readonly nft?: Nft
}

export interface Forwarding extends Pick<Forwarder, 'changed' | 'pathOf' | 'isSettled'> {
  /** Ends; what stands in the kernel stays and works. */
  stop(): Promise<void>
  /** Ends and takes everything out of the kernel. What it throws may be tried again. */
  remove(): Promise<void>
}

/** All caches are synced: what is not there does not exist. Throws SocketError. */
export function startForwarding(options: ForwardingOptions): Forwarding {
  const { onTransaction, clock, reports } = options
  using resources = new DisposableStack()
  const elementSocket = openNetlinkSocket({ groups: 0, protocol: netfilterProtocol })
  const elementWriter = resources.use(createElementWriter(elementSocket))
  const { nft, elements } = counted({ nft: options.nft ?? createNft(), elements: elementWriter, clock, onTransaction })
  const routes = resources.use(createNodeRoutes(openNetlinkSocket({ groups: 0 })))
  const flows = resources.use(createFlows(openNetlinkSocket({ groups: 0, protocol: netfilterProtocol })))
  const dataPath = createDataPath({ nft, elements, routes, flows })
  const drains = resources.use(createDrains({ flows, clock, logger: options.logger }))
  let forwarder: Forwarder | undefined
  const changed = () => forwarder?.changed()
  const placed = resources.use(followPlacedServices({ ...options, onChange: changed }))
  resources.defer(reports.subscribe(changed))
  const running = createForwarder({
    ...options,
    placed,
    dataPath,
    drains,
    findObstacle: async scope => findObstacle(await readPreflight(nft, scope)),
  })
  forwarder = running
  const open = resources.move()
  let stopped: Promise<void> | undefined
  const stop = async () => {
    stopped ??= running.stop()
    await stopped
  }
  return {
    changed,
    pathOf: address => running.pathOf(address),
    isSettled: address => running.isSettled(address),
    async stop() {
      await stop()
      open.dispose()
    },
    async remove() {
      await stop()
      await dataPath.remove()
      open.dispose()
    },
  }
}
