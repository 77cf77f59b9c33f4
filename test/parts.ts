// The parts of the tests, in the order they run, and how each gets what it needs or says what this machine lacks.
import { missingForMoto } from './fake-aws/moto.ts'
import { missingForEnvoy } from './gateway/envoy-program.ts'
import { binaries } from './lab/binaries.ts'
import { LabError } from './lab/errors.ts'
import type { ProgramName } from './lab/go-modules.ts'
import { browserCommands, fullPath, installCommands, missingCommands, prepareMachine, thisMachine } from './lab/machine.ts'
import { lines } from './lab/progress.ts'

export interface Part {
  /** For messages; also the vitest project unless `takes` says otherwise. */
  readonly name: string
  /** Whether a file of tests belongs to it; each belongs to the first part that takes it. */
  takes(file: TestFile): boolean
  /** Parts that must have run as a whole before, because it looks at what they did. */
  readonly after?: readonly string[]
  /** Makes sure that all is there, building it if need be. Throws LabError when this machine lacks something. */
  prepare(): Promise<void>
}

/** Its vitest project and its path. */
export type TestFile = { readonly project: string; readonly path: string }

const progress = lines(process.stderr)

const controlPlane: readonly ProgramName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']
const nodes: readonly ProgramName[] = [
  ...(['kube-scheduler', 'kube-proxy', 'kubelet', 'containerd', 'containerd-shim-runc-v2', 'ctr'] as const),
  ...(['bridge', 'host-local', 'loopback', 'portmap'] as const),
]

export const parts: readonly Part[] = [
  { name: 'unit', takes: ({ project }) => project === 'unit', prepare: async () => undefined },
  {
    name: 'moto',
    takes: ({ path }) => path.endsWith('-moto.api.test.ts'),
    prepare: async () => {
      const missing = await missingForMoto()
      if (missing !== undefined) throw new LabError('missing-command', missing)
    },
  },
  {
    name: 'envoy',
    takes: ({ path }) => path.endsWith('-envoy.api.test.ts'),
    prepare: async () => {
      const missing = await missingForEnvoy()
      if (missing !== undefined) throw new LabError('missing-command', missing)
    },
  },
  {
    name: 'promtool',
    takes: ({ path }) => path.endsWith('-promtool.api.test.ts'),
    prepare: async () => {
      await prepareForControlPlane()
      await programs([...controlPlane, 'promtool'])
    },
  },
  {
    name: 'helm',
    takes: ({ path }) => path.endsWith('-helm.api.test.ts'),
    prepare: async () => {
      await prepareForControlPlane()
      await programs([...controlPlane, 'helm'])
    },
  },
  {
    name: 'chromium',
    takes: ({ path }) => path.endsWith('-chromium.api.test.ts'),
    prepare: () => prepareChromium(),
  },
  {
    name: 'oldest',
    takes: ({ path }) => path.endsWith('-oldest.api.test.ts'),
    prepare: async () => {
      await prepareForControlPlane()
      await programs([...controlPlane, 'kube-apiserver-oldest'])
    },
  },
  {
    name: 'api',
    takes: ({ project }) => project === 'api',
    prepare: async () => {
      await prepareForControlPlane()
      await programs(controlPlane)
    },
  },
  {
    name: 'lan with chromium',
    takes: ({ path }) => path.endsWith('-chromium.lan.test.ts'),
    prepare: async () => {
      await prepareForLan()
      await prepareChromium()
    },
  },
  { name: 'lan', takes: ({ project }) => project === 'lan', prepare: prepareForLan },
  {
    name: 'rights',
    takes: ({ project }) => project === 'rights',
    after: ['chromium', 'api', 'lan with chromium', 'lan'],
    prepare: async () => undefined,
  },
]

async function prepareForLan(): Promise<void> {
  if (!thisMachine().root) throw new LabError('needs-root', 'needs root for network namespaces. Run: sudo npm test')
  await prepareMachine(progress, true)
  const missing = await missingForEnvoy()
  if (missing !== undefined) throw new LabError('missing-command', missing)
  await programs([...controlPlane, ...nodes])
}

/** A hundred megabytes, so only where a test opens a page. */
function prepareChromium(): Promise<void> {
  return installCommands(progress, true, thisMachine(), browserCommands)
}

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
