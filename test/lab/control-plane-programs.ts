// Command lines, identities and order of start of etcd, kube-apiserver, kube-controller-manager and kube-scheduler.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { each, serviceRange } from './addressing.ts'
import type { Api } from './api.ts'
import type { Binaries } from './binaries.ts'
import { LabError } from './errors.ts'
import type { ProgramName } from './go-modules.ts'
import { createAuthority, writeKubeconfig } from './pki.ts'
import type { Authority, KeyPair } from './pki.ts'
import { isAlive } from './proc.ts'
import { lastWords, launch } from './process.ts'
import type { LabState, ProcessRecord } from './state.ts'
import { waitFor } from './waiting.ts'

export type ComponentName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler'

/** Where a control plane runs and what is part of it. */
export type Site = {
  /** The address the API server listens on. */
  readonly address: string
  /** Words that put a program in the control plane's namespace; none for the machine's own. */
  readonly enter: readonly string[]
  readonly ports: {
    readonly etcdClient: number
    readonly etcdPeer: number
    readonly api: number
    readonly manager: number
    readonly scheduler: number
  }
  readonly controllers: readonly string[]
  readonly scheduler: boolean
  readonly apiServerArgs: readonly string[]
  /** The API server to run, when it is not that of the lab. */
  readonly apiServer?: 'kube-apiserver-oldest' | undefined
  /** Whether kubelets run Pods: ServiceAccount admission then demands what the controllers provide. */
  readonly realPods: boolean
}

export type Prepared = {
  readonly authority: Authority
  readonly kubeconfig: string
  readonly token: string
  readonly serving: KeyPair
  /** What the API server shows to kubelets (exec, logs). */
  readonly kubeletClient: KeyPair
  readonly managerKubeconfig: string
  readonly schedulerKubeconfig: string
}

export function controlPlanePrograms(parts: {
  readonly controllers: boolean
  readonly scheduler: boolean
  readonly apiServer?: ProgramName | undefined
}): readonly ProgramName[] {
  return [
    'etcd',
    parts.apiServer ?? 'kube-apiserver',
    'kubectl',
    ...(parts.controllers ? (['kube-controller-manager'] as const) : []),
    ...(parts.scheduler ? (['kube-scheduler'] as const) : []),
  ]
}

/** Keys, certificates and kubeconfigs. `server` is the URL for the administrator; components use the site's own address. */
export async function prepareControlPlane(state: LabState, site: Site, server: string, signal?: AbortSignal): Promise<Prepared> {
  const authority = await createAuthority(state.path('pki'), signal)
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    'localhost',
  ]
  const addresses = [...new Set([site.address, '127.0.0.1', '10.96.0.1'])]
  const names = [...addresses.map(address => `IP:${address}`), ...service.map(name => `DNS:${name}`)]
  const [serving, kubeletClient, manager, scheduler] = await Promise.all([
    authority.issue({ file: 'kube-apiserver', user: 'kube-apiserver', names }),
    authority.issue({ file: 'kube-apiserver-kubelet-client', user: 'kube-apiserver-kubelet-client' }),
    authority.issue({ file: 'kube-controller-manager', user: 'system:kube-controller-manager' }),
    authority.issue({ file: 'kube-scheduler', user: 'system:kube-scheduler' }),
  ])
  const token = randomBytes(16).toString('hex')
  writeFileSync(state.path('tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 })
  const inside = `https://${site.address}:${site.ports.api}`
  return {
    authority,
    token,
    serving,
    kubeletClient,
    kubeconfig: writeKubeconfig(state.path('kubeconfig'), server, authority.ca, { token }),
    managerKubeconfig: writeKubeconfig(state.path('kube-controller-manager.kubeconfig'), inside, authority.ca, manager),
    schedulerKubeconfig: writeKubeconfig(state.path('kube-scheduler.kubeconfig'), inside, authority.ca, scheduler),
  }
}

export type Raise = {
  readonly state: LabState
  readonly site: Site
  readonly programs: Binaries
  readonly api: Api
  readonly prepared: Prepared
  readonly signal?: AbortSignal | undefined
}

/** Starts the components and returns when the API server is ready. The others may still be on their way; they retry by themselves. */
export async function raiseControlPlane({ state, site, programs, api, prepared, signal }: Raise): Promise<void> {
  const start = (name: ComponentName, words: readonly string[]) =>
    launch(state, { name, argv: [...site.enter, programs.path(programOf(name)), ...words], signal })
  const programOf = (name: ComponentName) => (name === 'kube-apiserver' ? (site.apiServer ?? name) : name)
  const etcd = await start('etcd', etcdArgs(state, site))
  const apiServer = await start('kube-apiserver', apiServerArgs(state, site, prepared))
  await untilReady(api, [etcd, apiServer], signal)
  if (site.controllers.length > 0) await start('kube-controller-manager', controllerManagerArgs(site, prepared))
  if (site.scheduler) await start('kube-scheduler', schedulerArgs(site, prepared))
}

async function untilReady(api: Api, needed: readonly ProcessRecord[], signal: AbortSignal | undefined): Promise<void> {
  await waitFor(
    () => {
      const dead = needed.find(record => !isAlive(record))
      if (dead) throw new LabError('process-ended', `${dead.name} ended: ${lastWords(dead.log, 5)}`)
      return api.ready()
    },
    { what: 'the API server to be ready', timeoutMs: 60_000, signal, explain: () => lastWords(needed.at(-1)?.log ?? '', 3) },
  )
}

function etcdArgs(state: LabState, { ports }: Site): readonly string[] {
  const client = `http://127.0.0.1:${ports.etcdClient}`
  const peer = `http://127.0.0.1:${ports.etcdPeer}`
  return [
    `--data-dir=${state.path('etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]
}

function apiServerArgs(state: LabState, site: Site, prepared: Prepared): readonly string[] {
  const { authority, serving, kubeletClient } = prepared
  // Without the controllers that make ServiceAccounts, the plugin would refuse every Pod.
  const disabled = site.controllers.length === 0 ? ['--disable-admission-plugins=ServiceAccount'] : []
  // 127.0.0.1 cannot be an endpoint of the Service kubernetes.
  const reconciler = site.realPods ? [] : site.address.startsWith('127.') ? ['--endpoint-reconciler-type=none'] : []
  return [
    `--etcd-servers=http://127.0.0.1:${site.ports.etcdClient}`,
    `--secure-port=${site.ports.api}`,
    `--bind-address=${site.address.startsWith('127.') ? site.address : '0.0.0.0'}`,
    `--advertise-address=${site.address}`,
    `--tls-cert-file=${serving.cert}`,
    `--tls-private-key-file=${serving.key}`,
    `--client-ca-file=${authority.ca}`,
    `--token-auth-file=${state.path('tokens.csv')}`,
    `--service-account-key-file=${authority.serviceAccount.pub}`,
    `--service-account-signing-key-file=${authority.serviceAccount.key}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--service-cluster-ip-range=${each(serviceRange).join(',')}`,
    '--allow-privileged=true',
    `--kubelet-certificate-authority=${authority.ca}`,
    `--kubelet-client-certificate=${kubeletClient.cert}`,
    `--kubelet-client-key=${kubeletClient.key}`,
    '--kubelet-preferred-address-types=InternalIP',
    ...disabled,
    ...reconciler,
    ...site.apiServerArgs,
  ]
}

function controllerManagerArgs(site: Site, prepared: Prepared): readonly string[] {
  const { managerKubeconfig, authority } = prepared
  return [
    `--kubeconfig=${managerKubeconfig}`,
    `--authentication-kubeconfig=${managerKubeconfig}`,
    `--authorization-kubeconfig=${managerKubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${site.ports.manager}`,
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${authority.serviceAccount.key}`,
    `--root-ca-file=${authority.ca}`,
    `--controllers=${site.controllers.join(',')}`,
    '--allocate-node-cidrs=false',
  ]
}

function schedulerArgs(site: Site, { schedulerKubeconfig }: Prepared): readonly string[] {
  return [
    `--kubeconfig=${schedulerKubeconfig}`,
    `--authentication-kubeconfig=${schedulerKubeconfig}`,
    `--authorization-kubeconfig=${schedulerKubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${site.ports.scheduler}`,
    '--leader-elect=false',
  ]
}
