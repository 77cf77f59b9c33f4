// The programs of the cluster and the pinned Go modules they are built from.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-apiserver-oldest'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kube-proxy'
  | 'kubectl'
  | 'kubelet'
  | 'containerd'
  | 'containerd-shim-runc-v2'
  | 'ctr'
  | 'bridge'
  | 'host-local'
  | 'loopback'
  | 'portmap'
  | 'helm'
  | 'promtool'

export type GoModule = {
  readonly name: string
  /** The folder with go.mod and go.sum. */
  readonly dir: string
  /** The version of the module that gives the programs, as go.mod pins it: "v1.36.3". */
  readonly version: string
  /** The Go release that go.mod asks for: "1.26.0". */
  readonly go: string
  /** For `go build -ldflags`. */
  readonly linkerFlags: string
  /** For `go build -tags`. */
  readonly tags: string
  /** Names the folder of the built programs; changes with everything that changes them. */
  readonly key: string
}

type Source = {
  readonly module: string
  readonly versionOf: string
  readonly stamps: (version: string) => readonly string[]
  readonly tags?: string
  readonly packages: readonly (readonly [ProgramName, string])[]
}

/** kubectl refuses a server whose version it cannot parse, and `go build` of a dependency stamps nothing by itself. */
function kubernetesStamps(version: string): readonly string[] {
  const [major, minor] = version.slice(1).split('.')
  const base = 'k8s.io/component-base/version'
  return [
    `${base}.gitVersion=${version}`,
    `${base}.gitMajor=${major}`,
    `${base}.gitMinor=${minor}`,
    `${base}.gitTreeState=clean`,
    `${base}.gitCommit=${'0'.repeat(40)}`,
    `${base}.buildDate=1970-01-01T00:00:00Z`,
    `k8s.io/client-go/pkg/version.gitVersion=${version}`,
  ]
}

const kubernetes = 'k8s.io/kubernetes'
const containerd = 'github.com/containerd/containerd/v2'
const plugins = 'github.com/containernetworking/plugins'
const helm = 'helm.sh/helm/v3'

/** The Kubernetes that `helm template` renders for, without a cluster to ask; of itself it says 1.20. */
function helmCapabilities(): readonly string[] {
  const [major, minor] = kubernetesVersion().slice(1).split('.')
  return [`${helm}/pkg/chartutil.k8sVersionMajor=${major}`, `${helm}/pkg/chartutil.k8sVersionMinor=${minor}`]
}

const prometheus = 'github.com/prometheus/prometheus'

/** In the order of their cost: what most suites need is built first. */
const sources: readonly Source[] = [
  {
    module: 'etcd',
    versionOf: 'go.etcd.io/etcd/server/v3',
    stamps: () => [],
    packages: [['etcd', 'go.etcd.io/etcd/server/v3']],
  },
  {
    module: 'kubernetes',
    versionOf: kubernetes,
    stamps: kubernetesStamps,
    packages: [
      ['kube-apiserver', `${kubernetes}/cmd/kube-apiserver`],
      ['kube-controller-manager', `${kubernetes}/cmd/kube-controller-manager`],
      ['kube-scheduler', `${kubernetes}/cmd/kube-scheduler`],
      ['kube-proxy', `${kubernetes}/cmd/kube-proxy`],
      ['kubectl', `${kubernetes}/cmd/kubectl`],
      ['kubelet', `${kubernetes}/cmd/kubelet`],
    ],
  },
  {
    module: 'kubernetes-oldest',
    versionOf: kubernetes,
    stamps: kubernetesStamps,
    packages: [['kube-apiserver-oldest', `${kubernetes}/cmd/kube-apiserver`]],
  },
  {
    module: 'containerd',
    versionOf: containerd,
    stamps: version => [`${containerd}/version.Version=${version}`],
    packages: [
      ['containerd', `${containerd}/cmd/containerd`],
      ['containerd-shim-runc-v2', `${containerd}/cmd/containerd-shim-runc-v2`],
      ['ctr', `${containerd}/cmd/ctr`],
    ],
  },
  {
    module: 'cni',
    versionOf: plugins,
    stamps: () => [],
    packages: [
      ['host-local', `${plugins}/plugins/ipam/host-local`],
      ['bridge', `${plugins}/plugins/main/bridge`],
      ['loopback', `${plugins}/plugins/main/loopback`],
      ['portmap', `${plugins}/plugins/meta/portmap`],
    ],
  },
  {
    module: 'promtool',
    versionOf: prometheus,
    stamps: version => [`github.com/prometheus/common/version.Version=${version.slice(1)}`],
    // It only reads files: without the clients of all clouds, two minutes of two processors instead of six.
    tags: 'remove_all_sd',
    packages: [['promtool', `${prometheus}/cmd/promtool`]],
  },
  {
    module: 'helm',
    versionOf: helm,
    stamps: version => [`${helm}/internal/version.version=${version}`, ...helmCapabilities()],
    packages: [['helm', `${helm}/cmd/helm`]],
  },
]

export type Build = { readonly program: ProgramName; readonly package: string; readonly module: GoModule }

/** What there is to build for these programs, cheapest and most wanted first. */
export function buildsFor(programs: readonly ProgramName[]): readonly Build[] {
  return sources.flatMap(source => {
    const wanted = source.packages.filter(([program]) => programs.includes(program))
    if (wanted.length === 0) return []
    const module = readModule(source)
    return wanted.map(([program, path]) => ({ program, package: path, module }))
  })
}

/** The Kubernetes release of the lab, for messages. */
export function kubernetesVersion(): string {
  return buildsFor(['kube-apiserver'])[0]?.module.version ?? ''
}

/** The oldest Kubernetes release that Weir supports: what its module pins. */
export function oldestKubernetesVersion(): string {
  return buildsFor(['kube-apiserver-oldest'])[0]?.module.version ?? ''
}

function readModule(source: Source): GoModule {
  const dir = join(import.meta.dirname, 'modules', source.module)
  const mod = readFileSync(join(dir, 'go.mod'), 'utf8')
  const sum = readFileSync(join(dir, 'go.sum'), 'utf8')
  const version =
    mod
      .split('\n')
      .map(line => line.trim().split(' '))
      .find(([path]) => path === source.versionOf)?.[1] ?? ''
  const linkerFlags = ['-s', '-w', ...source.stamps(version).map(stamp => `-X ${stamp}`)].join(' ')
  const { tags = '' } = source
  // Modules without tags keep the names that they had.
  const parts = [process.arch, linkerFlags, ...(tags === '' ? [] : [tags]), mod, sum]
  const hash = createHash('sha256').update(parts.join('\0')).digest('hex')
  return {
    name: source.module,
    dir,
    version,
    go: /^go (\S+)$/m.exec(mod)?.[1] ?? '',
    linkerFlags,
    tags,
    key: `${source.module}-${hash.slice(0, 16)}`,
  }
}
