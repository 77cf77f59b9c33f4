// The light form of the lab: etcd and a true kube-apiserver on loopback, with no namespaces and no root.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { openApi } from './api.ts'
import type { Api } from './api.ts'
import { auditArgs, auditFolderVariable, weirAccounts } from './audit-log.ts'
import { binaries } from './binaries.ts'
import type { Binaries } from './binaries.ts'
import { attempt, run } from './command.ts'
import type { Output } from './command.ts'
import { controlPlanePrograms, prepareControlPlane, raiseControlPlane } from './control-plane-programs.ts'
import type { ComponentName, Site } from './control-plane-programs.ts'
import type { Authority } from './pki.ts'
import { endProcesses, processControls } from './process.ts'
import type { Processes } from './process.ts'
import { silent } from './progress.ts'
import type { Progress } from './progress.ts'
import { createState, labNames, openState } from './state.ts'
import type { LabState } from './state.ts'
import { waitFor } from './waiting.ts'

export type ControlPlane = AsyncDisposable &
  Processes<ComponentName> & {
    /** "https://127.0.0.1:41234" */
    readonly server: string
    /** Path of the administrator's kubeconfig. */
    readonly kubeconfig: string
    /** Path of the certificate of the authority. */
    readonly ca: string
    /** Bearer token of the administrator. */
    readonly token: string
    readonly api: Api
    /** For certificates of further users. */
    readonly authority: Authority
    readonly state: LabState
    /** kubectl as administrator; throws LabError on a non-zero exit. `input` goes to its standard input. */
    kubectl(args: readonly string[], input?: string): Promise<string>
    /** The same, whatever the exit code. */
    tryKubectl(args: readonly string[], input?: string): Promise<Output>
  }

export type ControlPlaneOptions = {
  /** Which controllers of kube-controller-manager run; none (the default) starts no controller manager. "*" are its own defaults. */
  readonly controllers?: readonly string[]
  /** More words for kube-apiserver, e.g. `--watch-cache=false`. */
  readonly apiServerArgs?: readonly string[]
  /** Instead of the API server of the lab. */
  readonly apiServer?: 'kube-apiserver-oldest'
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

const prefix = 'api-'

/** Starts etcd and kube-apiserver (about 3 s when the programs are there; the first time ever they are built, which takes minutes). */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const withControllers = (options.controllers?.length ?? 0) > 0
  const programs = await binaries(
    controlPlanePrograms({ controllers: withControllers, scheduler: false, apiServer: options.apiServer }),
    {
      progress: options.progress ?? silent,
      assets: process.env['KUBEBUILDER_ASSETS'],
      signal: options.signal,
    },
  )
  await removeAbandoned()
  const state = createState(`${prefix}${process.pid}-${randomBytes(3).toString('hex')}`)
  try {
    const [etcdClient = 0, etcdPeer = 0, api = 0, manager = 0] = await freePorts(4)
    const site: Site = {
      address: '127.0.0.1',
      enter: [],
      ports: { etcdClient, etcdPeer, api, manager, scheduler: 0 },
      controllers: options.controllers ?? [],
      scheduler: false,
      apiServerArgs: [
        ...(options.apiServerArgs ?? []),
        ...(process.env[auditFolderVariable] ? auditArgs(state, weirAccounts) : []),
      ],
      apiServer: options.apiServer,
      realPods: false,
    }
    return await startLight(state, site, programs, options.signal)
  } catch (error) {
    await endProcesses(state)
    state.remove()
    throw error
  }
}

/** Test programs that are killed leave folders; their processes died with them. */
async function removeAbandoned(): Promise<void> {
  const states = labNames()
    .filter(name => name.startsWith(prefix))
    .map(name => openState(name))
  for (const state of states.filter(candidate => !candidate.ownerAlive())) {
    await endProcesses(state)
    state.remove()
  }
}

async function startLight(state: LabState, site: Site, programs: Binaries, signal?: AbortSignal): Promise<ControlPlane> {
  const server = `https://127.0.0.1:${site.ports.api}`
  const prepared = await prepareControlPlane(state, site, server, signal)
  const api = openApi(server, prepared.authority.ca, prepared.token)
  await raiseControlPlane({ state, site, programs, api, prepared, signal })
  const tryKubectl = (args: readonly string[], input?: string) =>
    attempt([programs.path('kubectl'), '--kubeconfig', prepared.kubeconfig, ...args], input === undefined ? {} : { input })
  return {
    server,
    kubeconfig: prepared.kubeconfig,
    ca: prepared.authority.ca,
    token: prepared.token,
    authority: prepared.authority,
    api,
    state,
    ...processControls<ComponentName>(state, async name => {
      if (name === 'kube-apiserver' || name === 'etcd') await untilReady(api, signal)
    }),
    tryKubectl,
    kubectl: (args, input) =>
      run([programs.path('kubectl'), '--kubeconfig', prepared.kubeconfig, ...args], input === undefined ? {} : { input }),
    [Symbol.asyncDispose]: async () => {
      await api.close()
      await endProcesses(state)
      state.remove()
    },
  }
}

function untilReady(api: Api, signal: AbortSignal | undefined): Promise<boolean> {
  return waitFor(() => api.ready(), { what: 'the API server to be ready', timeoutMs: 60_000, signal })
}

/** Ports of loopback that nobody listens on now. All are held until all are known, so they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<typeof server>((resolve, reject) =>
        server.on('error', reject).listen(0, '127.0.0.1', () => resolve(server)),
      )
    }),
  )
  const ports = servers.map(server => {
    const bound = server.address()
    return typeof bound === 'object' ? (bound?.port ?? 0) : 0
  })
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
