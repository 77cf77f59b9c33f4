// The gateway's part of an agent, put together: objects of the cluster in, configurations of the node's Envoys out, and what is held back.
import { dirname, join } from 'node:path'
import type { IngressReport } from '../../../../src/api/ingress-report.ts'
import type { LoadBalancerClass } from '../../../../src/api/load-balancer-class.ts'
import { serviceNameLabel } from '../../../../src/model/kubernetes-objects.ts'
import type { EndpointSlice, Service } from '../../../../src/model/kubernetes-objects.ts'
import type { Ingress } from '../../../../src/model/ingress-objects.ts'
import type { CopiedSecret } from '../../gateway/record.ts'
import { xds } from '../../gateway/xds.ts'
import type { AgentClock, AgentLogger, Watched } from '../ports.ts'
import { createConfiguration } from './configuration.ts'
import type { ConfigurationOptions, Surroundings } from './configuration.ts'
import { framesOf, hasIpv6, ingressOf, membersOf, targetsOf } from './members.ts'
import type { Member } from './members.ts'
import { readMemory, writeMemory } from './memory-file.ts'
import { readDefinitions } from './protocol/definitions.ts'
import { createEncoder } from './protocol/encode.ts'
import { createPublisher } from './publisher.ts'
import { serveXds } from './server.ts'
import type { XdsServer, XdsServerOptions } from './server.ts'
import { createTargetMaker } from './target.ts'

export interface GatewayStores {
  /** Keys are `namespace/name`, those of classes names. */
  readonly services: Watched<Service>
  readonly slices: Watched<EndpointSlice>
  readonly ingresses: Watched<Ingress>
  readonly reports: Watched<IngressReport>
  readonly classes: Watched<LoadBalancerClass>
  /** Of weir-system. */
  readonly secrets: Watched<CopiedSecret>
}

export interface GatewayOptions extends Pick<XdsServerOptions, 'path' | 'group' | 'times'> {
  /** All synced: what is not there does not exist. */
  readonly stores: GatewayStores
  readonly clock: AgentClock
  readonly logger: AgentLogger
  /** Of this program. */
  readonly version: string
  /** What there is to report is another. */
  readonly onReport: () => void
  /** What makes resources of gateways: `xds` unless told. */
  readonly xds?: ConfigurationOptions['xds']
}

/** What a node says of its gateway. */
export interface GatewayReport {
  /** Envoys that are connected. */
  readonly envoys: number
  /** Ingresses whose last change is held back. */
  readonly held: readonly { readonly namespace: string; readonly name: string; readonly message: string }[]
  /** Nobody is to blame, and nothing changes until this is mended. */
  readonly stuck?: string
}

export interface GatewayPart extends AsyncDisposable {
  readonly report: GatewayReport
}

/** Changes come in swarms, as when a Deployment rolls. */
const pauseMs = 50

/** Rejects when the socket cannot be made. */
export async function startGateway(options: GatewayOptions): Promise<GatewayPart> {
  const { stores, clock, logger, version, path } = options
  const memoryPath = join(dirname(path), 'accepted.json')
  const encoder = createEncoder(readDefinitions())
  const slicesOf = new Map<string, Map<string, EndpointSlice>>()
  const configuration = createConfiguration({
    view: stores,
    targets: ({ namespace, name, port }) => {
      const key = `${namespace}/${name}`
      return targetsOf(stores.services.get(key), slicesOf.get(key)?.values() ?? [], port)
    },
    xds: options.xds ?? xds,
    make: createTargetMaker(encoder),
  })
  let surroundings: Surroundings = { frames: [], bind: '0.0.0.0' }
  let members: ReturnType<typeof membersOf> = new Map()
  let dirty: 'nothing' | 'endpoints' | 'all' = 'all'
  let timer: (() => void) | undefined
  let server: XdsServer | undefined
  const publisher = createPublisher<Member>({
    server: () => server ?? { publish: () => {} },
    render: chosen => configuration(surroundings, chosen),
    remembered: readMemory(memoryPath, version),
    clock,
    logger,
    onMemory(memory) {
      try {
        writeMemory(memoryPath, version, memory)
      } catch (error) {
        logger.warn({ error: String(error) }, 'what Envoys took cannot be remembered; after a restart nothing is known of it')
      }
    },
    onHeld: options.onReport,
  })
  const refresh = () => {
    timer = undefined
    if (dirty === 'all') {
      const frames = framesOf(stores)
      surroundings = { frames, bind: hasIpv6(stores) ? '::' : '0.0.0.0' }
      members = membersOf(stores, frames)
    }
    dirty = 'nothing'
    publisher.update(members)
  }
  const changed = (what: 'endpoints' | 'all') => {
    if (dirty !== 'all') dirty = what
    timer ??= clock.schedule(pauseMs, refresh)
  }
  const takeSlice = (slice: EndpointSlice | undefined, old: EndpointSlice | undefined) => {
    const [before, now] = [old && ownerOf(old), slice && ownerOf(slice)]
    if (old && before !== undefined && before !== now) slicesOf.get(before)?.delete(old.metadata.name)
    if (slice && now !== undefined)
      slicesOf.set(now, (slicesOf.get(now) ?? new Map<string, EndpointSlice>()).set(slice.metadata.name, slice))
    changed('endpoints')
  }
  await using resources = new AsyncDisposableStack()
  server = resources.use(
    await serveXds({
      ...options,
      encoder,
      onSettled: target => publisher.settled(target),
      onRefused: (target, { message }) => publisher.refused(target, message),
      onConnections: () => options.onReport(),
    }),
  )
  resources.defer(() => timer?.())
  const followAll = <T>(store: Watched<T>) => resources.defer(store.subscribe(() => changed('all')))
  resources.defer(stores.slices.subscribe(({ object, old }) => takeSlice(object, old), { replay: true }))
  followAll(stores.services)
  followAll(stores.ingresses)
  followAll(stores.reports)
  followAll(stores.classes)
  followAll(stores.secrets)
  timer?.()
  refresh()
  const open = resources.move()
  const listening = server
  return {
    get report() {
      const held = [...publisher.held].flatMap(([id, { message }]) => {
        const ingress = ingressOf(id)
        return ingress ? { ...ingress, message } : []
      })
      return { envoys: listening.connected, held, ...(publisher.stuck !== undefined && { stuck: publisher.stuck }) }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

function ownerOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined ? undefined : `${metadata.namespace}/${name}`
}
