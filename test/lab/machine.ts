// What this machine must have before a lab can stand on it, and how to get it: packages by name, root, Linux.
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { attempt } from './command.ts'
import { LabError } from './errors.ts'
import type { Progress } from './progress.ts'

/** Each program a full lab calls, with the Debian package that brings it. */
const commands: readonly (readonly [command: string, debianPackage: string])[] = [
  ['ip', 'iproute2'],
  ['bridge', 'iproute2'],
  ['nft', 'nftables'],
  ['conntrack', 'conntrack'],
  ['runc', 'runc'],
  ['openssl', 'openssl'],
  ['arping', 'iputils-arping'],
  ['sysctl', 'procps'],
  ['hostname', 'hostname'],
  ['nsenter', 'util-linux'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['mount', 'mount'],
  ['ldd', 'libc-bin'],
]

/** What only some tests call, beside those: a browser. */
export const browserCommands: typeof commands = [['chromium', 'chromium']]

const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** PATH with the folders of system programs, which the PATH of a user often lacks. */
export function fullPath(path = process.env['PATH'] ?? ''): string {
  return [...new Set([...path.split(delimiter), ...systemFolders])].join(delimiter)
}

/** Where a program of the system lies; undefined when it is not there. */
export function programPath(command: string, path = fullPath()): string | undefined {
  return path
    .split(delimiter)
    .map(folder => join(folder, command))
    .find(file => existsSync(file))
}

/** Which of the programs are not there, with their packages. */
export function missingCommands(
  path = fullPath(),
  wanted = commands,
): readonly { readonly command: string; readonly debianPackage: string }[] {
  return wanted
    .filter(([command]) => programPath(command, path) === undefined)
    .map(([command, debianPackage]) => ({ command, debianPackage }))
}

const natIn = (family: string) => `add table ${family} p; add chain ${family} p c { type nat hook prerouting priority 0; }`

/** What a lab needs of the kernel, each with a command that works in a fresh network namespace only when it is there. */
const kernelFeatures: readonly (readonly [feature: string, probe: string])[] = [
  ['bridge interfaces', 'ip link add probe type bridge'],
  ['veth pairs', 'ip link add probe type veth peer name probe2'],
  ['IPv6', 'sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 && ip addr add fd00::1/64 dev lo'],
  ['nftables with connection tracking', `nft '${natIn('ip')}'`],
  ['nftables with connection tracking for IPv6', `nft '${natIn('ip6')}'`],
]

/** Names of the kernel features that are missing here. Needs root. */
export async function missingKernelFeatures(): Promise<readonly string[]> {
  const probes = kernelFeatures.map(async ([feature, probe]) => {
    const { code } = await attempt(['unshare', '--net', 'sh', '-c', probe])
    return code === 0 ? [] : [feature]
  })
  return (await Promise.all(probes)).flat()
}

export type Machine = { readonly platform: string; readonly root: boolean; readonly osRelease: string }

export function thisMachine(): Machine {
  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return { platform: process.platform, root: process.getuid?.() === 0, osRelease }
}

/** Whether packages come by apt-get here: Debian, Ubuntu and what says it is like them. */
export function isDebianLike(osRelease: string): boolean {
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease)
}

/** Makes the machine fit for a full lab. Installs missing Debian packages, named first, unless `install` is false; throws LabError with the command otherwise. */
export async function prepareMachine(progress: Progress, install: boolean, machine = thisMachine()): Promise<void> {
  if (machine.platform !== 'linux') {
    throw new LabError(
      'unsupported-system',
      `needs Linux with network namespaces, and this is ${machine.platform}. Run it on a Linux machine, virtual or not.`,
    )
  }
  if (!machine.root) throw new LabError('needs-root', 'needs root for network namespaces. Run: sudo npm run lab')
  process.env['PATH'] = fullPath()
  await installCommands(progress, install, machine)
  const features = await missingKernelFeatures()
  if (features.length > 0)
    throw new LabError('missing-kernel-feature', `needs a kernel with ${features.join(', ')}, or a container that may use them.`)
}

/** Makes sure that programs are there, as prepareMachine does; those that every lab calls unless told others. */
export async function installCommands(
  progress: Progress,
  install: boolean,
  machine = thisMachine(),
  wanted = commands,
): Promise<void> {
  const missing = missingCommands(fullPath(), wanted)
  if (missing.length === 0) return
  const names = missing.map(({ command }) => command).join(', ')
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))]
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (!isDebianLike(machine.osRelease)) {
    throw new LabError(
      'missing-command',
      `needs ${names}. Install with your package manager what Debian calls ${packages.join(', ')}.`,
    )
  }
  if (!install || !machine.root) throw new LabError('missing-command', `needs ${names}. Run: ${command}`)
  await progress.step(
    `packages ${packages.join(', ')}`,
    () => aptInstall(packages, command),
    () => 'installed',
  )
}

async function aptInstall(packages: readonly string[], command: string): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => attempt(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages], { env })
  // The lists of a fresh machine are missing or old; they are fetched only when they turn out to be.
  let result = await install()
  if (result.code !== 0) {
    await attempt(['apt-get', 'update', '-qq'], { env })
    result = await install()
  }
  if (result.code !== 0)
    throw new LabError('missing-command', `${command} failed: ${result.stderr.trim().split('\n').slice(-3).join('\n')}`)
}
