// What a user does in a cluster with Weir, and what somebody on the LAN sees: the words that the acceptance tests are written in.
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { AddressBlock } from '../../src/api/address-block.ts'
import type { Announcement } from '../../src/api/announcement.ts'
import { blockName, blockOffset, parseAddress } from '../../src/model/address.ts'
import type { Service } from '../../src/model/kubernetes-objects.ts'
import { LabError } from '../lab/errors.ts'
import type { Node } from '../lab/lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { waitFor } from '../lab/waiting.ts'

/** Long enough for every move on a machine that has other work; nothing here is measured. */
const patienceMs = 90_000

export type Answer = { readonly pod: string; readonly client: string }
export type Owner = { readonly node: string; readonly mac: string; readonly epoch: number }

export type ServiceWishes = {
  readonly class?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Label `app` of the Pods; null for a Service without a selector. */
  readonly app?: string | null
  /** Beside type, class, selector and one TCP port 80. */
  readonly spec?: object
}

/** The name of the node that has all Pods, or one Pod after the other on another node. */
export type Where = string | { readonly spread: true }

/** A namespace of its own, with all that was made in it gone when it is disposed. */
export type User = AsyncDisposable & {
  readonly namespace: string
  /** Makes or changes a Service of type LoadBalancer. */
  service(name: string, wishes?: ServiceWishes): Promise<void>
  /** kubectl in the namespace. */
  kubectl(args: readonly string[], input?: string): Promise<string>
  apply(...objects: readonly object[]): Promise<void>
  /** Pods that tell who answers and whose address they saw; answers when all are ready. */
  echo(app: string, replicas?: number, where?: Where): Promise<void>
  find(name: string): Promise<Service | undefined>
  /** The address in the status of a Service, as soon as it has one and its condition says Serving. */
  served(name: string): Promise<string>
  /** The same for a Service of so many addresses. */
  servedAt(name: string, count: number): Promise<readonly string[]>
  /** Waits for the reason of its condition weir.dev/Ready and answers the message. */
  reason(name: string, reason: string): Promise<string>
  /** Waits until the Service is as `holds` says. */
  until(name: string, holds: (service: Service) => unknown, what: string): Promise<Service>
}

export async function openUser(lab: SharedLab, namespace: string): Promise<User> {
  const inNamespace = ['-n', namespace]
  const kubectl = (args: readonly string[], input?: string) => lab.kubectl([...inNamespace, ...args], input)
  const apply = async (...objects: readonly object[]) => {
    await kubectl(['apply', '-f', '-'], objects.map(object => JSON.stringify(object)).join('\n---\n'))
  }
  const path = (name: string) => `/api/v1/namespaces/${namespace}/services/${name}`
  const find = async (name: string): Promise<Service | undefined> => {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the API server answers
      return (await lab.api.call('GET', path(name))) as Service
    } catch (error) {
      if (error instanceof LabError && error.message.includes(': 404 ')) return undefined
      throw error
    }
  }
  const until: User['until'] = async (name, holds, what) => {
    let last: Service | undefined
    return waitFor(
      async () => {
        last = await find(name)
        return last && holds(last) ? last : undefined
      },
      { what: `${name}: ${what}`, timeoutMs: patienceMs, everyMs: 100, explain: () => JSON.stringify(last?.status) },
    )
  }
  await lab.kubectl(['create', 'namespace', namespace])
  return {
    namespace,
    kubectl,
    apply,
    find,
    until,
    service: (name, { class: lbClass = 'weir.dev/lan', annotations = {}, app = 'echo', spec = {} } = {}) =>
      apply({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace, annotations },
        spec: {
          type: 'LoadBalancer',
          loadBalancerClass: lbClass,
          ...(app === null ? {} : { selector: { app } }),
          ports: [{ name: 'http', port: 80, targetPort: 'http' }],
          ...spec,
        },
      }),
    echo: async (app, replicas = 1, where) => {
      await apply(echoDeployment(namespace, app, replicas, where))
      await kubectl(['rollout', 'status', `deployment/${app}`, '--timeout=120s'])
    },
    served: async name => {
      const service = await until(name, found => readyReason(found) === 'Serving' && addressOf(found), 'to be served')
      return addressOf(service) ?? ''
    },
    servedAt: async (name, count) => {
      const complete = (found: Service) => readyReason(found) === 'Serving' && addressesOf(found).length === count
      return addressesOf(await until(name, complete, `to be served at ${count} addresses`))
    },
    reason: async (name, reason) =>
      readyOf(await until(name, found => readyReason(found) === reason, `reason ${reason}`))?.message ?? '',
    [Symbol.asyncDispose]: async () => {
      await lab.kubectl(['delete', 'namespace', namespace, '--wait', '--timeout=120s'])
    },
  }
}

const readyOf = (service: Service) => service.status?.conditions?.find(({ type }) => type === 'weir.dev/Ready')
const readyReason = (service: Service) => readyOf(service)?.reason
export const addressesOf = (service: Service) => (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
export const addressOf = (service: Service) => addressesOf(service)[0]

/** The sample workload. */
function echoDeployment(namespace: string, app: string, replicas: number, where: Where | undefined): object {
  const env = [
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
  ]
  const container = {
    name: 'echo',
    image: 'echo:lab',
    imagePullPolicy: 'Never',
    env,
    ports: [
      { name: 'http', containerPort: 8080 },
      { name: 'udp', containerPort: 8080, protocol: 'UDP' },
    ],
    readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1, failureThreshold: 1 },
    resources: { requests: { cpu: '10m', memory: '40Mi' } },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: {
          ...placed(app, where),
          terminationGracePeriodSeconds: 1,
          containers: [container],
        },
      },
    },
  }
}

function placed(app: string, where: Where | undefined): object {
  if (where === undefined) return {}
  if (typeof where === 'string') return { nodeSelector: { 'kubernetes.io/hostname': where } }
  const labelSelector = { matchLabels: { app } }
  const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector }
  return { topologySpreadConstraints: [spread] }
}

/** The machine on the LAN that is no part of the cluster. */
export type Caller = {
  /** Calls a port (80) `count` times over fresh connections; throws with what went wrong when any fails. */
  call(address: string, count?: number, port?: number, protocol?: 'http' | 'udp'): Promise<readonly Answer[]>
  /** Waits for one good answer. */
  answered(address: string): Promise<Answer>
  /** Waits until so many calls in a row are answered and the answers are as `holds` says. */
  answeredBy(address: string, count: number, holds: (answers: readonly Answer[]) => boolean): Promise<readonly Answer[]>
  /** Who the client believes has the address, after it had to ask: the MAC in its neighbour table, or undefined. */
  neighbour(address: string): Promise<string | undefined>
  /** The same without asking anew. */
  believes(address: string): Promise<string | undefined>
  /** The MACs of all who answer "who has this address?", asked three times. */
  answerers(address: string): Promise<readonly string[]>
  /** Waits until nobody answers that. */
  silent(address: string): Promise<void>
}

export function openCaller(lab: SharedLab): Caller {
  const program = join(import.meta.dirname, '..', 'lab', 'client-call.ts')
  const askNdpProgram = join(import.meta.dirname, '..', 'lab', 'ask-ndp.ts')
  const call: Caller['call'] = async (address, count = 1, port = 80, protocol = 'http') => {
    const words = [process.execPath, program, protocol, address, String(port), String(count)]
    const printed = await lab.client.exec(words)
    const answers: readonly (Answer | { readonly error: string })[] = JSON.parse(printed)
    return answers.map(answer => {
      if ('error' in answer) throw new LabError('not-ready', `${address}: ${answer.error}`)
      return answer
    })
  }
  const answeredBy: Caller['answeredBy'] = (address, count, holds) => {
    let last = ''
    return waitFor(
      async () => {
        try {
          await call(address)
          const answers = await call(address, count)
          last = JSON.stringify(answers)
          return holds(answers) ? answers : undefined
        } catch (error) {
          last = String(error)
          return undefined
        }
      },
      { what: `good answers from ${address}`, timeoutMs: patienceMs, everyMs: 200, explain: () => last },
    )
  }
  const askNdp = async (address: string, count: number, waitMs: number): Promise<readonly { readonly mac: string }[]> =>
    JSON.parse(await lab.client.exec([process.execPath, askNdpProgram, address, String(count), String(waitMs)]))
  const believes: Caller['believes'] = async address => {
    const printed = await lab.client.exec(['ip', '-json', 'neigh', 'show', 'to', address, 'dev', 'eth0'])
    const entries: readonly { readonly lladdr?: string }[] = JSON.parse(printed)
    return entries[0]?.lladdr
  }
  return {
    call,
    answeredBy,
    answered: async address => {
      const [answer] = await answeredBy(address, 1, () => true)
      if (!answer) throw new LabError('not-ready', `no answer from ${address}`)
      return answer
    },
    believes,
    answerers: async address => {
      if (isIPv6(address)) return [...new Set((await askNdp(address, 3, 500)).map(({ mac }) => mac))]
      const { stdout } = await lab.client.tryExec(['arping', '-b', '-c', '3', '-w', '8', '-I', 'eth0', address])
      return [...new Set(Array.from(stdout.matchAll(/\[([0-9A-F:]{17})\]/g), ([, mac = '']) => mac.toLowerCase()))]
    },
    silent: async address => {
      const arping = ['arping', '-c', '1', '-w', '1', '-I', 'eth0', address]
      const answered = async () =>
        isIPv6(address) ? (await askNdp(address, 1, 1000)).length > 0 : (await lab.client.tryExec(arping)).code === 0
      await waitFor(async () => !(await answered()), { what: `silence about ${address}`, timeoutMs: patienceMs })
    },
    neighbour: async address => {
      await lab.client.tryExec(['ip', 'neigh', 'del', address, 'dev', 'eth0'])
      await call(address).catch(() => undefined)
      return believes(address)
    },
  }
}

/** Who announces an address now; undefined when there is no Announcement or nobody claimed it. */
export async function ownerOf(lab: SharedLab, address: string): Promise<Owner | undefined> {
  const list = await lab.api.call('GET', '/apis/weir.dev/v1alpha1/announcements')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the API server answers
  const found = (list as { readonly items: readonly Announcement[] }).items.find(({ spec }) => spec.address === address)
  const { node = '', mac = '', epoch = 0 } = found?.status ?? {}
  return node === '' ? undefined : { node, mac, epoch }
}

/** "namespace/name" of everyone who has the address in its AddressBlock; throws when its bit tells otherwise. */
export async function ownersOf(lab: SharedLab, text: string): Promise<readonly string[]> {
  const address = parseAddress(text)
  if (!address) throw new LabError('not-ready', `"${text}" is no address`)
  const path = `/apis/weir.dev/v1alpha1/addressblocks/${blockName(address)}`
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the API server answers
  const { spec } = (await lab.api.call('GET', path)) as AddressBlock
  const offset = blockOffset(address)
  const owners = spec.allocations[String(offset)]?.owners ?? []
  const bit = (BigInt(`0x${spec.bitmap}`) >> BigInt(255 - offset)) & 1n
  if (bit !== (owners.length > 0 ? 1n : 0n))
    throw new LabError('not-ready', `the bit of ${text} is ${bit} with ${owners.length} owners`)
  return owners.map(owner => `${owner.namespace}/${owner.name}`)
}

/** Waits until somebody announces the address who is as `holds` says. */
export async function ownerWhen(lab: SharedLab, address: string, holds: (owner: Owner) => boolean): Promise<Owner> {
  let last: Owner | undefined
  return waitFor(
    async () => {
      last = await ownerOf(lab, address)
      return last && holds(last) ? last : undefined
    },
    { what: `another announcer of ${address}`, timeoutMs: patienceMs, everyMs: 100, explain: () => JSON.stringify(last) },
  )
}

export const macOf = async (node: Node) => (await node.exec(['cat', '/sys/class/net/eth0/address'])).trim()

export function nodeNamed(lab: SharedLab, name: string): Node {
  const node = lab.nodes.find(candidate => candidate.name === name)
  if (!node) throw new LabError('no-such-lab', `there is no node ${name}`)
  return node
}
