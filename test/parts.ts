// The parts of the tests, in the order they run, and how each gets what it needs or says what this machine lacks.
import { bundle } from '../deploy/bundle/bundle.ts'
import { binaries } from './lab/binaries.ts'
import { LabError } from './lab/errors.ts'
import type { ProgramName } from './lab/go-modules.ts'
import { lines } from './lab/progress.ts'

export interface Part {
  /** The vitest project. */
  readonly name: 'unit' | 'api' | 'lan'
  /** Makes sure that all is there, building it if need be. Throws LabError when this machine lacks something. */
  prepare(): Promise<void>
}

const controlPlane: readonly ProgramName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']
const nodes: readonly ProgramName[] = [
  ...(['kube-scheduler', 'kube-proxy', 'kubelet', 'containerd', 'containerd-shim-runc-v2', 'ctr'] as const),
  ...(['bridge', 'host-local', 'loopback', 'portmap'] as const),
]

export const parts: readonly Part[] = [
  { name: 'unit', prepare: async () => undefined },
  { name: 'api', prepare: () => programs(controlPlane) },
  {
    name: 'lan',
    prepare: async () => {
      if (process.getuid?.() !== 0) throw new LabError('needs-root', 'needs root for network namespaces', 'Run: sudo npm test')
      await programs([...controlPlane, ...nodes])
      await bundle()
    },
  },
]

async function programs(names: readonly ProgramName[]): Promise<void> {
  await binaries(names, { progress: lines(process.stderr), assets: process.env['KUBEBUILDER_ASSETS'] })
}
