// The lab as a library: a true cluster and a LAN on this machine, whose parts can be killed, cut, paused and restored.
import { openApi } from './api.ts'
import type { Api } from './api.ts'
import { binaries } from './binaries.ts'
import type { Binaries } from './binaries.ts'
import { attempt, run } from './command.ts'
import type { Output } from './command.ts'
import { raiseCluster } from './cluster.ts'
import type { ComponentName } from './control-plane-programs.ts'
import { LabError } from './errors.ts'
import { kubernetesVersion } from './go-modules.ts'
import type { ProgramName } from './go-modules.ts'
import { bothOf, clientAddress, controlPlaneAddress } from './addressing.ts'
import type { Both } from './addressing.ts'
import { clientMember, inNamespace, lanMember, namespaceOf, openLan } from './lan.ts'
import type { Lan } from './lan.ts'
import { nodeName, openNode } from './node.ts'
import type { Node, NodeSettings } from './node.ts'
import { openAuthority } from './pki.ts'
import { openPlace } from './place.ts'
import type { Place } from './place.ts'
import { processControls } from './process.ts'
import type { Processes } from './process.ts'
import { silent } from './progress.ts'
import type { Progress } from './progress.ts'
import { saved } from './saved-lab.ts'
import type { SavedLab } from './saved-lab.ts'
import { createState, openState } from './state.ts'
import type { LabState } from './state.ts'
import { takeDown } from './take-down.ts'
import { waitFor } from './waiting.ts'

export { startControlPlane } from './control-plane.ts'
export type { ControlPlane, ControlPlaneOptions } from './control-plane.ts'
export type { Node } from './node.ts'
export type { Place, Started } from './place.ts'

export type Lab = AsyncDisposable & {
  readonly name: string
  readonly state: LabState
  /** Path of the administrator's kubeconfig; it works on this machine, outside the namespaces. */
  readonly kubeconfig: string
  /** The same for programs that run in a namespace of the LAN. */
  readonly lanKubeconfig: string
  /** URL of the API server as this machine reaches it. */
  readonly server: string
  readonly token: string
  readonly ca: string
  readonly api: Api
  readonly programs: Binaries
  readonly nodes: readonly Node[]
  /** A node by number; throws LabError when there is none. */
  node(index: number): Node
  /** A machine outside the nodes' networks (10.99.0.10, fd00:99::10) that resolves addresses of the LAN by ARP and NDP. */
  readonly client: Place
  readonly controlPlane: Processes<ComponentName>
  /** The Pod's first container, by "name" or "namespace/name". */
  pod(name: string): Pick<Place, 'exec' | 'tryExec' | 'name'> & { logs(): Promise<string> }
  /** kubectl as administrator, on this machine; throws LabError on a non-zero exit. */
  kubectl(args: readonly string[], input?: string): Promise<string>
  tryKubectl(args: readonly string[], input?: string): Promise<Output>
  /** One more machine on the LAN: a neutral observer (`address` in 10.201.0.0/16) or another client (in 10.99.0.0/24), with IPv6 too. */
  attach(name: string, address: string): Promise<Place & AsyncDisposable>
}

export type LabOptions = {
  /** Labs of different names stand beside each other. */
  readonly name?: string
  readonly nodes?: number
  /** false: nodes are namespaces with a kube-proxy, no kubelet; their Node objects are made and say Ready. */
  readonly pods?: boolean
  /** OCI archives that every node imports, beside the lab's own. */
  readonly images?: readonly string[]
  /** The folder that `npm run build` fills, for the image weir:lab. */
  readonly bundle?: string | undefined
  /** Users whose requests the API server writes down in `audit.log` of the state folder, one JSON line each (audit.k8s.io/v1 Event). */
  readonly audit?: readonly string[]
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

const lanServer = `https://${controlPlaneAddress.IPv4}:6443`

const clusterPrograms: readonly ProgramName[] = [
  'etcd',
  'kube-apiserver',
  'kubectl',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
]
const podPrograms: readonly ProgramName[] = [
  ...(['kubelet', 'containerd', 'containerd-shim-runc-v2', 'ctr'] as const),
  ...(['bridge', 'host-local', 'loopback', 'portmap'] as const),
]

/** Raises the LAN and the cluster: about 10 s when the programs are there. Needs root. What was made goes again when a part fails. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { name = 'lab', pods = true, progress = silent, signal } = options
  if (process.getuid?.() !== 0) throw new LabError('needs-root', 'needs root for network namespaces.', 'Run: sudo npm run lab')
  checkLabName(name)
  const programs = await findPrograms(pods, progress, signal)
  if (programs.built === 0)
    await progress.step(
      `control plane ${kubernetesVersion().slice(1)}`,
      async () => undefined,
      () => 'cached',
    )
  const state = newState(name)
  try {
    const facts = await raiseCluster({ ...options, name, pods, progress, nodes: options.nodes ?? 3, state, programs })
    state.save('lab.json', facts)
    return assemble(state, programs, facts)
  } catch (error) {
    progress.warn(`what its programs wrote is kept in ${state.keepLogs()}`)
    await takeDown(state)
    throw error
  }
}

/** The handle of a lab that another process raised and keeps. */
export async function openLab(name = 'lab'): Promise<Lab> {
  const state = openState(name)
  let facts: SavedLab
  try {
    facts = state.load('lab.json', saved)
  } catch {
    throw new LabError(
      'no-such-lab',
      `there is no lab named ${name}.`,
      `Start it: npm run lab${name === 'lab' ? '' : ` -- --name ${name}`}`,
    )
  }
  return assemble(state, await findPrograms(facts.pods, silent), facts)
}

function findPrograms(pods: boolean, progress: Progress, signal?: AbortSignal): Promise<Binaries> {
  return binaries([...clusterPrograms, ...(pods ? podPrograms : [])], {
    progress,
    assets: process.env['KUBEBUILDER_ASSETS'],
    signal,
  })
}

/** Throws LabError `usage` for what cannot name a lab: it becomes part of names of folders and network namespaces. */
export function checkLabName(name: string): void {
  if (!/^[a-z0-9-]{1,40}$/.test(name))
    throw new LabError('usage', `"${name}" cannot name a lab: small letters, digits and dashes.`)
}

/** How this lab is named to npm run lab, before the command; nothing for the one without a name of its own. */
export function nameFlag(name: string): string {
  return name === 'lab' ? '' : `--name ${name} `
}

function newState(name: string): LabState {
  try {
    return createState(name)
  } catch {
    throw new LabError(
      'in-use',
      `there is a lab named ${name} already, or what is left of one.`,
      `Take it down: npm run lab -- ${nameFlag(name)}down`,
    )
  }
}

function assemble(state: LabState, programs: Binaries, facts: SavedLab): Lab {
  const { name } = state
  const lan = openLan(name)
  const authority = openAuthority(state.path('pki'))
  const settings: NodeSettings = {
    lab: name,
    state,
    lan,
    programs,
    authority,
    server: lanServer,
    images: facts.images,
    pods: facts.pods,
  }
  const nodes = Array.from({ length: facts.nodes }, (_, index) => openNode(index, settings))
  const api = openApi(facts.server, authority.ca, facts.token)
  const kubeconfig = state.path('kubeconfig')
  const kubectlWords = (args: readonly string[]) => [programs.path('kubectl'), '--kubeconfig', kubeconfig, ...args]
  const input = (text: string | undefined) => (text === undefined ? {} : { input: text })
  const kubectl = (args: readonly string[], text?: string) => run(kubectlWords(args), input(text))
  const tryKubectl = (args: readonly string[], text?: string) => attempt(kubectlWords(args), input(text))
  return {
    name,
    state,
    kubeconfig,
    lanKubeconfig: state.path('lan.kubeconfig'),
    server: facts.server,
    token: facts.token,
    ca: authority.ca,
    api,
    programs,
    nodes,
    node: index => {
      const node = nodes[index]
      if (!node) throw new LabError('no-such-lab', `lab ${name} has no node ${nodeName(index)}`)
      return node
    },
    client: namespacePlace(state, 'client', clientAddress),
    controlPlane: processControls<ComponentName>(state, async program => {
      if (program !== 'etcd' && program !== 'kube-apiserver') return
      await waitFor(() => api.ready(), { what: 'the API server to be ready', timeoutMs: 60_000 })
    }),
    pod: path => {
      const [namespace = '', pod = ''] = path.includes('/') ? path.split('/') : ['default', path]
      return {
        name: pod,
        exec: argv => kubectl(['-n', namespace, 'exec', pod, '--', ...argv]),
        tryExec: argv => tryKubectl(['-n', namespace, 'exec', pod, '--', ...argv]),
        logs: () => kubectl(['-n', namespace, 'logs', pod]),
      }
    },
    kubectl,
    tryKubectl,
    attach: (part, address) => attach(state, lan, part, bothOf(address)),
    [Symbol.asyncDispose]: async () => {
      await api.close()
      // Taken down by another process: what has this name now is somebody else's.
      if (state.ownedByThisProcess()) await takeDown(state)
    },
  }
}

async function attach(state: LabState, lan: Lan, part: string, address: Both): Promise<Place & AsyncDisposable> {
  await lan.join(address.IPv4.startsWith('10.99.0.') ? clientMember(part, address) : lanMember(part, address))
  return { ...namespacePlace(state, part, address), [Symbol.asyncDispose]: () => lan.leave(part) }
}

/** A place that is only a network namespace. */
function namespacePlace(state: LabState, part: string, address: Both): Place {
  return openPlace(state, part, address, () => ({ words: inNamespace(namespaceOf(state.name, part)), forks: false }))
}
