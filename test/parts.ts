// The parts of the tests, in the order they run, and how each gets what it needs or says what this machine lacks.
import { binaries } from './lab/binaries.ts'
import { LabError } from './lab/errors.ts'
import type { ProgramName } from './lab/go-modules.ts'
import { fullPath, missingCommands, prepareMachine, thisMachine } from './lab/machine.ts'
import { lines } from './lab/progress.ts'

export interface Part {
  /** The vitest project. */
  readonly name: 'unit' | 'api' | 'lan'
  /** Makes sure that all is there, building it if need be. Throws LabError when this machine lacks something. */
  prepare(): Promise<void>
}

const progress = lines(process.stderr)

const controlPlane: readonly ProgramName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']
const nodes: readonly ProgramName[] = [
  ...(['kube-scheduler', 'kube-proxy', 'kubelet', 'containerd', 'containerd-shim-runc-v2', 'ctr'] as const),
  ...(['bridge', 'host-local', 'loopback', 'portmap'] as const),
]

export const parts: readonly Part[] = [
  { name: 'unit', prepare: async () => undefined },
  {
    name: 'api',
    prepare: async () => {
      await prepareForControlPlane()
      await programs(controlPlane)
    },
  },
  {
    name: 'lan',
    prepare: async () => {
      if (!thisMachine().root) throw new LabError('needs-root', 'needs root for network namespaces. Run: sudo npm test')
      await prepareMachine(progress, true)
      await programs([...controlPlane, ...nodes])
    },
  },
]

/** Root gets what is missing installed; the API server alone runs without root where its two helpers are there. */
async function prepareForControlPlane(): Promise<void> {
  if (thisMachine().root) return prepareMachine(progress, true)
  process.env['PATH'] = fullPath()
  const missing = missingCommands().filter(({ command }) => command === 'openssl' || command === 'setpriv')
  if (missing.length === 0) return
  const packages = missing.map(({ debianPackage }) => debianPackage).join(' ')
  throw new LabError(
    'missing-command',
    `needs ${missing.map(({ command }) => command).join(', ')}. Run: apt-get install ${packages}`,
  )
}

async function programs(names: readonly ProgramName[]): Promise<void> {
  await binaries(names, { progress, assets: process.env['KUBEBUILDER_ASSETS'] })
}
