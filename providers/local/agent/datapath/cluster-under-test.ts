// A cluster for tests in network namespaces: a client, nodes with two pods each, and the data path of each node.
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { parseAddress, parseCidr } from '../../../../src/model/address.ts'
import type { IpAddress } from '../../../../src/model/address.ts'
import type { PodTarget } from '../../../../src/model/load-balancer.ts'
import { makeLan } from '../announcer/lan-under-test.ts'
import type { Lan, Station } from '../announcer/lan-under-test.ts'
import { openNetlinkSocket } from '../announcer/netlink-socket.ts'
import type { ClientAnswer, ClientRequest } from './client-under-test.ts'
import { createDataPath } from './data-path.ts'
import type { DataPath, PeerNode } from './data-path.ts'
import { desiredService } from './desired-service.ts'
import { serviceKey } from './desired.ts'
import type { DesiredService, ServicePath } from './desired.ts'
import { createElementWriter } from './element-writer.ts'
import { createFlows, netfilterProtocol } from './flows.ts'
import { addNarrowNetwork, addPod, ip, podAddress, podNamespace, raiseNode, routeTo, virtual } from './network-under-test.ts'
import type { Family } from './network-under-test.ts'
import { createNft } from './nft.ts'
import { createNodeRoutes } from './node-routes.ts'

const clientAddress = { IPv4: '10.201.0.2', IPv6: 'fd00:201::2' } as const
export const secondClientAddress = { IPv4: '10.201.0.8', IPv6: 'fd00:201::8' } as const

/** One Service port, for all nodes. The pods answer at 8080 (TCP) and 5353 (UDP). */
export interface TestService {
  readonly protocol: 'TCP' | 'UDP'
  readonly port: number
  /** Names of pods, as `n1a`; `-n1a` for one that drains, `n1a:8081` for one whose port of that name is another. */
  readonly pods: readonly string[]
  readonly path?: Exclude<ServicePath, 'refuse' | 'silent'>
  /** Of the pods, instead of the usual one. */
  readonly targetPort?: number
  readonly affinitySeconds?: number
  readonly sources?: readonly string[]
}

interface TestNode {
  readonly name: string
  readonly station: Station
  readonly addresses: readonly IpAddress[]
  dataPath: DataPath
  known: ReadonlyMap<string, DesiredService>
  dispose: () => void
}

export interface TestCluster extends AsyncDisposable {
  readonly lan: Lan
  readonly nodes: readonly string[]
  readonly client: Record<Family, string>
  station(node: string): Station
  /** What all nodes (or these) do from now on. `dead`: nodes whose heartbeats are lost. */
  serve(
    services: readonly TestService[],
    options?: { readonly on?: readonly string[]; readonly dead?: readonly string[] },
  ): Promise<void>
  /** The node that the client finds at the addresses; what it does is written by `serve`. */
  announceFrom(node: string): void
  ask(request: ClientRequest): Promise<ClientAnswer>
  /** Another client, behind a router whose link to it takes packets of so many bytes only; its own network says nothing of it. */
  clientBehind(mtu: number): Promise<(request: ClientRequest) => Promise<ClientAnswer>>
  /** A new agent takes over what the last one left in the kernel. */
  restartAgent(node: string): void
  remove(node: string): Promise<void>
  run(place: string, ...command: readonly string[]): string
  /** The namespace of `client`, a node or a pod. */
  namespaceOf(place: string): string
  /** Stops the programs of a node's pods and takes the node off the LAN. */
  kill(node: string): void
  killPod(pod: string): void
}

const parsed = (text: string) => {
  const address = parseAddress(text)
  if (!address) throw new Error(text)
  return address
}

export async function makeCluster(name: string, count = 3): Promise<TestCluster> {
  const resources = new DisposableStack()
  const lan = resources.use(makeLan(name))
  const children = new Map<string, ChildProcess>()
  const start = async (key: string, namespace: string, file: string, ...args: readonly string[]) => {
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, new URL(file, import.meta.url).pathname, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    resources.defer(() => void child.kill('SIGKILL'))
    children.set(key, child)
    await once(child, 'message')
    return child
  }
  const stations = [lan.node, lan.attach(), lan.attach(), lan.attach()].slice(0, count)
  for (const [index, { namespace }] of stations.entries()) {
    raiseNode(namespace, index + 1)
    for (const letter of ['a', 'b']) addPod(namespace, `n${index + 1}${letter}`, name, resources)
  }
  for (const [index, { namespace }] of stations.entries())
    for (const [other, station] of stations.entries()) if (other !== index) routeTo(namespace, other + 1, station.mac)
  const { namespace: clientNamespace } = lan.client
  ip('-n', clientNamespace, 'addr', 'add', `${secondClientAddress.IPv4}/16`, 'dev', 'eth0')
  // Deprecated, so that it is used only when asked for.
  ip('-n', clientNamespace, 'addr', 'add', `${secondClientAddress.IPv6}/64`, 'dev', 'eth0', 'nodad', 'preferred_lft', '0')
  ip(
    'netns',
    'exec',
    clientNamespace,
    'sysctl',
    '-qw',
    'net.ipv4.conf.all.accept_redirects=1',
    'net.ipv6.conf.eth0.accept_redirects=1',
  )
  const pods = stations.flatMap((_, index) => [`n${index + 1}a`, `n${index + 1}b`])
  const client = start('client', clientNamespace, 'client-under-test.ts')
  await Promise.all(pods.map(pod => start(pod, podNamespace(pod, name), 'pod-under-test.ts', pod)))
  const connected = await client

  const makePath = (station: Station) => {
    const socket = lan.inside(station, () => openNetlinkSocket({ groups: 0 }))
    const routes = createNodeRoutes(socket)
    const nft = createNft(['ip', 'netns', 'exec', station.namespace, 'nft'])
    const flows = createFlows(lan.inside(station, () => openNetlinkSocket({ groups: 0, protocol: netfilterProtocol })))
    const elements = createElementWriter(lan.inside(station, () => openNetlinkSocket({ groups: 0, protocol: netfilterProtocol })))
    const dispose = () => {
      elements[Symbol.dispose]()
      routes[Symbol.dispose]()
      flows[Symbol.dispose]()
    }
    return { dataPath: createDataPath({ nft, elements, routes, flows }), dispose }
  }
  const nodes = stations.map((station, index): TestNode => {
    const addresses = [parsed(`10.201.0.${stationNumber(station)}`), parsed(`fd00:201::${stationNumber(station)}`)]
    return { name: `n${index + 1}`, station, addresses, known: new Map(), ...makePath(station) }
  })
  const nodeNamed = (wanted: string) => {
    const node = nodes.find(each => each.name === wanted)
    if (!node) throw new Error(wanted)
    return node
  }
  const namespaceOf = (place: string) => {
    if (place === 'client') return clientNamespace
    return /^n\d$/.test(place) ? nodeNamed(place).station.namespace : podNamespace(place, name)
  }
  const ask = asking(connected)
  let announcer = ''

  return {
    lan,
    nodes: nodes.map(node => node.name),
    client: clientAddress,
    station: wanted => nodeNamed(wanted).station,
    async serve(services, { on = nodes.map(node => node.name), dead = [] } = {}) {
      await Promise.all(
        on.map(async wanted => {
          const node = nodeNamed(wanted)
          const peers = nodes
            .filter(other => other !== node)
            .map(
              (other): PeerNode => ({
                name: other.name,
                mac: other.station.mac,
                interfaceIndex: node.station.index,
                addresses: other.addresses,
                alive: !dead.includes(other.name),
              }),
            )
          const desired = services.flatMap(service =>
            (['IPv4', 'IPv6'] as const).map(family => {
              const port = {
                address: parsed(virtual[family]),
                protocol: service.protocol,
                port: service.port,
                path: service.path ?? 'direct',
                targets: service.pods.map(pod =>
                  targetOf(pod, family, service.targetPort ?? (service.protocol === 'TCP' ? 8080 : 5353)),
                ),
                sources: (service.sources ?? []).flatMap(text => {
                  const network = parseCidr(text)?.network
                  return network?.family === family ? [network] : []
                }),
                ...(service.affinitySeconds !== undefined && { affinitySeconds: service.affinitySeconds }),
              }
              return desiredService(
                port,
                { self: wanted, isAlive: each => !dead.includes(each), announces: () => announcer === wanted },
                node.known.get(serviceKey(port)),
              )
            }),
          )
          node.known = new Map(desired.map(each => [serviceKey(each), each]))
          await node.dataPath.apply({ self: wanted, peers, interfaces: ['eth0'], seed: 0xc0ffee, services: node.known })
        }),
      )
    },
    announceFrom(wanted) {
      const { mac } = nodeNamed(wanted).station
      announcer = wanted
      for (const address of Object.values(virtual))
        ip('-n', clientNamespace, 'neigh', 'replace', address, 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent')
    },
    ask,
    async clientBehind(mtu) {
      const namespace = `weir-${name}-far-${process.pid}`
      addNarrowNetwork({
        router: clientNamespace,
        namespace,
        mtu,
        nodes: nodes.map(({ station }) => station.namespace),
        resources,
      })
      return asking(await start('far', namespace, 'client-under-test.ts'))
    },
    restartAgent(wanted) {
      const node = nodeNamed(wanted)
      node.dispose()
      Object.assign(node, makePath(node.station), { known: new Map() })
    },
    remove: wanted => nodeNamed(wanted).dataPath.remove(),
    namespaceOf,
    run: (place, ...command) => {
      const namespace = namespaceOf(place)
      const result = spawnSync('ip', ['netns', 'exec', namespace, ...command], { encoding: 'utf8' })
      if (result.status !== 0) throw new Error(`${command.join(' ')}: ${result.stderr}`)
      return result.stdout
    },
    kill(wanted) {
      for (const letter of ['a', 'b']) children.get(`${wanted}${letter}`)?.kill('SIGKILL')
      ip('-n', nodeNamed(wanted).station.namespace, 'link', 'set', 'eth0', 'down')
    },
    killPod: pod => void children.get(pod)?.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      for (const node of nodes) node.dispose()
      resources.dispose()
    },
  }
}

const stationNumber = ({ mac }: Station) => Number(mac.at(-1))

function targetOf(written: string, family: Family, port: number): PodTarget {
  const [pod = '', own] = written.replace('-', '').split(':')
  return {
    address: podAddress(pod, family),
    port: own === undefined ? port : Number(own),
    node: pod.slice(0, 2),
    terminating: written.startsWith('-'),
  }
}

/** Questions to a client's process, each answered by what it says to it. */
function asking(client: ChildProcess): (request: ClientRequest) => Promise<ClientAnswer> {
  let call = 0
  const waiting = new Map<number, (answer: ClientAnswer) => void>()
  client.on('message', (answer: ClientAnswer) => waiting.get(answer.call)?.(answer))
  return request => {
    const number = ++call
    return new Promise(resolve => {
      waiting.set(number, answer => {
        waiting.delete(number)
        resolve(answer)
      })
      client.send({ call: number, request })
    })
  }
}
