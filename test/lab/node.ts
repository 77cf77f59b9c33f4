// A node of the lab: namespaces of its own with the real containerd, kubelet and kube-proxy in them.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { each, nodeAddress, podRange } from './addressing.ts'
import type { Binaries } from './binaries.ts'
import { createGroup, removeGroups } from './cgroups.ts'
import { attempt, run } from './command.ts'
import { LabError } from './errors.ts'
import { inNamespace, namespaceOf } from './lan.ts'
import type { Lan } from './lan.ts'
import { containerdConfig, kubeletConfig, networkConfig } from './node-files.ts'
import type { Authority } from './pki.ts'
import { writeKubeconfig } from './pki.ts'
import type { Entrance, Place } from './place.ts'
import { openPlace } from './place.ts'
import { inhabitantsOf, isAlive, signalProcess } from './proc.ts'
import type { ProcessIdentity } from './proc.ts'
import { lastWords, launch, processNamed, signal as send } from './process.ts'
import type { LabState } from './state.ts'
import { waitFor } from './waiting.ts'

export type NodeProgram = 'containerd' | 'kubelet' | 'kube-proxy'

export type Node = Place & {
  readonly index: number
  /** Ends one of its programs and waits until it is gone. The containers of a killed containerd or kubelet go on. */
  kill(program: NodeProgram, signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Starts one of its programs (again). */
  startProgram(program: NodeProgram): Promise<void>
  pause(program: NodeProgram): Promise<void>
  resume(program: NodeProgram): Promise<void>
  /** Everything on it that runs a command line like this, also inside containers. */
  find(commandLine: RegExp): readonly ProcessIdentity[]
  /** Signals what `find` finds, and answers how many there were. */
  signal(commandLine: RegExp, signal: NodeJS.Signals): number
  /** The power goes: every process on it ends at once, also those of tests. */
  crash(): Promise<void>
  /** Power and programs are back; the containers it had are started anew by the kubelet. Programs wait for what they need, if told. */
  boot(needs?: BootNeeds): Promise<void>
  /** Its cable is pulled; `silently` keeps the carrier, so that only frames are lost. */
  cutLink(options?: { readonly silently?: boolean }): Promise<void>
  restoreLink(): Promise<void>
  /** Crashes it and takes its namespace away for good. Its Node object stays. */
  destroy(): Promise<void>
}

export type BootNeeds = {
  /** The archives of images lie ready. */
  readonly images: Promise<unknown>
  /** The API server answers and knows the node. */
  readonly api: Promise<unknown>
}

export type NodeSettings = {
  readonly lab: string
  readonly state: LabState
  readonly lan: Lan
  readonly programs: Binaries
  readonly authority: Authority
  /** URL of the API server as the nodes see it. */
  readonly server: string
  /** OCI archives that are imported at boot. */
  readonly images: readonly string[]
  /** Whether it runs Pods; without, it has a kube-proxy only. */
  readonly pods: boolean
}

export const nodeName = (index: number) => `n${index}`
const group = (lab: string, index: number) => `weir-${lab}.${nodeName(index)}`

/** Writes what a node needs to start: its identities (NodeRestriction and the Node authorizer know them) and configuration. */
export async function prepareNode(index: number, settings: NodeSettings): Promise<void> {
  const { state, authority, server, programs } = settings
  const name = nodeName(index)
  const dir = state.path(name)
  mkdirSync(join(dir, 'volume-plugins'), { recursive: true })
  const proxy = await authority.issue({ file: `${name}-kube-proxy`, user: 'system:kube-proxy' })
  writeKubeconfig(join(dir, 'kube-proxy.kubeconfig'), server, authority.ca, proxy)
  if (!settings.pods) return
  const names = [...each(nodeAddress(index)).map(address => `IP:${address}`), `DNS:${name}`]
  const [kubelet, serving] = await Promise.all([
    authority.issue({ file: name, user: `system:node:${name}`, groups: ['system:nodes'] }),
    authority.issue({ file: `${name}-serving`, user: `system:node:${name}`, names }),
  ])
  writeKubeconfig(join(dir, 'kubelet.kubeconfig'), server, authority.ca, kubelet)
  const cgroup = group(settings.lab, index)
  mkdirSync(join(dir, 'network'))
  writeFileSync(join(dir, 'resolv.conf'), 'nameserver 10.96.0.10\n')
  writeFileSync(join(dir, 'containerd.toml'), containerdConfig(dir, dirname(programs.path('bridge'))))
  writeFileSync(join(dir, 'network', '10-lab.conflist'), JSON.stringify(networkConfig(index)))
  writeFileSync(join(dir, 'kubelet.json'), JSON.stringify(kubeletConfig({ dir, cgroup, ca: authority.ca, serving })))
}

/** The handle of a node, running or not. */
export function openNode(index: number, settings: NodeSettings): Node {
  const { state, lan } = settings
  const name = nodeName(index)
  const id = (program: string) => `${name}.${program}`
  const enter: Entrance = () => ({ words: enterWords(processNamed(state, id('init'))), forks: true })
  const startProgram = async (program: NodeProgram) => {
    const before = textOf(state.path(`${id(program)}.log`)).length
    await launch(state, { name: id(program), argv: [...enter().words, ...programWords(program, index, settings)], forks: true })
    if (program === 'containerd') await untilContainerdServes(state.path(`${id('containerd')}.log`), before)
  }
  const find = (commandLine: RegExp) =>
    inhabitantsOf(processNamed(state, id('init')).pid).filter(process => commandLine.test(commandOf(process)))
  const crash = async () => {
    const init = processNamed(state, id('init'))
    const everything = inhabitantsOf(init.pid)
    await send(init, 'SIGKILL')
    await waitFor(() => !everything.some(isAlive), { what: `the processes of ${name} to end`, everyMs: 10 })
  }
  return {
    ...openPlace(state, name, nodeAddress(index), enter),
    index,
    kill: (program, signal = 'SIGKILL') => send(processNamed(state, id(program)), signal),
    startProgram,
    pause: program => send(processNamed(state, id(program)), 'SIGSTOP'),
    resume: program => send(processNamed(state, id(program)), 'SIGCONT'),
    find,
    signal: (commandLine, signal) => find(commandLine).filter(process => signalProcess(process, signal)).length,
    crash,
    boot: (needs = { images: Promise.resolve(), api: Promise.resolve() }) => boot(index, settings, startProgram, enter, needs),
    cutLink: options => lan.cut(name, options?.silently ?? false),
    restoreLink: () => lan.restore(name),
    destroy: async () => {
      await crash()
      await lan.leave(name)
    },
  }
}

/** Starts process 1 and then the programs; images are imported while the kubelet finds its feet. */
async function boot(
  index: number,
  settings: NodeSettings,
  start: (program: NodeProgram) => Promise<void>,
  enter: Entrance,
  needs: BootNeeds,
): Promise<void> {
  const { state, lab } = settings
  const name = nodeName(index)
  const dir = state.path(name)
  rmSync(join(dir, 'ready'), { force: true })
  // Folders to mount the node's own upon; taking down the last lab removes them.
  for (const folder of ['/var/lib/kubelet', '/var/lib/cni']) mkdirSync(folder, { recursive: true })
  // What a kernel forgets when the power goes, and a namespace and control groups do not; the kubelet waits long for dead ones.
  await attempt([...inNamespace(namespaceOf(lab, name)), 'nft', 'flush', 'ruleset'])
  await attempt(['ip', '-n', namespaceOf(lab, name), 'link', 'del', 'cni0'])
  if (settings.pods) {
    await removeGroups(found => found === group(lab, index))
    createGroup(group(lab, index))
  }
  const unshare = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '--uts',
    '--ipc',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ]
  const init = await launch(state, {
    name: `${name}.init`,
    argv: [...inNamespace(namespaceOf(lab, name)), ...unshare, 'sh', join(import.meta.dirname, 'node-init.sh'), name, dir],
    forks: true,
  })
  await waitFor(
    () => {
      if (!isAlive(init)) throw new LabError('process-ended', `${name} did not start: ${lastWords(init.log)}`)
      return existsSync(join(dir, 'ready'))
    },
    { what: `${name} to start`, everyMs: 10, explain: () => lastWords(init.log) },
  )
  const containerd = settings.pods ? start('containerd') : Promise.resolve()
  const importImages = async () => {
    await Promise.all([containerd, needs.images])
    for (const archive of settings.images) await importImage(enter, settings, archive)
  }
  const startWithApi = async () => {
    await Promise.all([containerd, needs.api])
    await Promise.all([start('kube-proxy'), settings.pods && start('kubelet')])
  }
  await Promise.all([importImages(), startWithApi()])
}

/** The machine's namespaces that belong to the node, by the number of its process 1. */
function enterWords(init: ProcessIdentity): readonly string[] {
  if (!isAlive(init)) throw new LabError('process-ended', 'the node is down')
  return ['nsenter', '-t', String(init.pid), '--net', '--mount', '--uts', '--ipc', '--pid', '--']
}

const programWords = (program: NodeProgram, index: number, settings: NodeSettings) =>
  wordsOf[program](settings.state.path(nodeName(index)), index, settings.programs)

/** The command line of each program, given the node's folder. */
const wordsOf: Record<NodeProgram, (dir: string, index: number, programs: Binaries) => readonly string[]> = {
  // runc comes from the system, the shim from beside containerd.
  containerd: (dir, _index, programs) => [
    'env',
    `PATH=${dirname(programs.path('containerd'))}:${process.env['PATH'] ?? ''}`,
    programs.path('containerd'),
    `--config=${join(dir, 'containerd.toml')}`,
  ],
  kubelet: (dir, index, programs) => [
    programs.path('kubelet'),
    `--config=${join(dir, 'kubelet.json')}`,
    `--kubeconfig=${join(dir, 'kubelet.kubeconfig')}`,
    `--hostname-override=${nodeName(index)}`,
    `--node-ip=${each(nodeAddress(index)).join(',')}`,
  ],
  'kube-proxy': (dir, index, programs) => [
    programs.path('kube-proxy'),
    `--kubeconfig=${join(dir, 'kube-proxy.kubeconfig')}`,
    `--hostname-override=${nodeName(index)}`,
    '--proxy-mode=nftables',
    `--cluster-cidr=${each(podRange).join(',')}`,
    // These would set the limits of this machine's connection tracking.
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
    '--metrics-bind-address=127.0.0.1:10249',
    '--healthz-bind-address=[::]:10256',
  ],
}

/** Its socket answers earlier than its Kubernetes side, and a kubelet that finds it unfinished ends. */
async function untilContainerdServes(log: string, from: number): Promise<void> {
  await waitFor(() => textOf(log).slice(from).includes('containerd successfully booted'), {
    what: 'containerd to serve',
    timeoutMs: 30_000,
    explain: () => lastWords(log),
  })
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

async function importImage(enter: Entrance, { programs }: NodeSettings, archive: string): Promise<void> {
  await run([...enter().words, programs.path('ctr'), '-n', 'k8s.io', 'images', 'import', archive])
}

function commandOf(process: ProcessIdentity): string {
  try {
    return readFileSync(`/proc/${process.pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}
