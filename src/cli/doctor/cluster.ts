// Checks of Weir in its cluster: its programs, their versions and those of Kubernetes, and the clocks of the nodes. Pure.
import { agentLeaseLabel, controllerLease } from '../../api/group.ts'
import { firstFew } from '../../model/first-few.ts'
import { about, type Finding, unknown, well, wrong } from './check.ts'
import type { Facts, LeaseFact } from './facts.ts'

/** Weir is tested with this release and newer ones. */
export const oldestKubernetes = { major: 1, minor: 32 } as const

/** kubelets may be that much older than the API server (Kubernetes version skew policy). */
const kubeletMinors = 3

/** Certificates and signed requests bear minutes; more than this is still a clock that nobody sets. */
const mostSkewMs = 5000

export function clusterFindings(facts: Facts): readonly Finding[] {
  return [...kubernetes(facts), ...kinds(facts), ...controller(facts), ...agents(facts), ...versions(facts), ...clocks(facts)]
}

function kubernetes({ apiServer, kubelets }: Facts): readonly Finding[] {
  return about('Kubernetes', apiServer, 'the API server does not say its version', version => {
    const server = minorOf(version)
    if (server === undefined) return [unknown('Kubernetes', `the API server says ${version}`)]
    const { major, minor } = oldestKubernetes
    if (server < minor)
      return [wrong('Kubernetes', `the API server is ${version}`, `Weir needs ${major}.${minor} or newer: upgrade the cluster.`)]
    const nodes = 'found' in kubelets ? [...kubelets.found] : []
    const apart = nodes.flatMap(([name, each]) => {
      const found = minorOf(each)
      return found !== undefined && (found > server || server - found > kubeletMinors) ? [`${name} has ${each}`] : []
    })
    return apart.length === 0
      ? [well('Kubernetes', `${version}; ${counted(nodes.length, 'node')} within its version skew`)]
      : [
          wrong(
            'Kubernetes',
            `${firstFew(apart)}; the API server is ${version}`,
            'Upgrade these kubelets: they may be at most three minor versions older.',
          ),
        ]
  })
}

function kinds({ snapshot: { classes, pools } }: Facts): readonly Finding[] {
  if (classes.length === 0)
    return [
      wrong(
        'classes',
        'there is no LoadBalancerClass, so nothing is served',
        'Make one: kubectl apply -f deploy/samples, or see docs/claiming.md.',
      ),
    ]
  const bad = [...classes, ...pools].flatMap(({ kind, metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    return ready?.status === 'False'
      ? [{ name: `${kind ?? 'object'} ${metadata.name}`, message: ready.message, reason: ready.reason }]
      : []
  })
  return bad.length === 0
    ? [
        well(
          'classes',
          `${classes.length} LoadBalancerClass${classes.length === 1 ? '' : 'es'} and ${counted(pools.length, 'AddressPool')}, none refused`,
        ),
      ]
    : bad.map(({ name, reason, message }) => wrong('classes', `${name} is not ready: ${reason}`, message))
}

function controller({ leases }: Facts): readonly Finding[] {
  return about('controller', leases, 'there is no namespace of Weir', all => {
    const leading = all.filter(({ metadata }) => metadata.name === controllerLease)
    const newest = newestOf(all)
    const first = leading.find(lease => isAlive(lease, newest))
    return first
      ? [well('controller', `${first.spec?.holderIdentity?.replace(/_[^_]*$/, '') ?? ''} leads`)]
      : [
          wrong(
            'controller',
            'nobody leads: no Lease of a controller is renewed',
            'Look why it does not run: kubectl -n weir-system get pods,events.',
          ),
        ]
  })
}

function agents({ leases, kubelets, snapshot: { classes } }: Facts): readonly Finding[] {
  if (!classes.some(({ spec }) => spec.provider === 'local'))
    return [unknown('agents', 'no class needs any: none has the provider local')]
  return about('agents', leases, 'there is no namespace of Weir', all => {
    const newest = newestOf(all)
    const own = all.filter(({ metadata }) => metadata.labels?.[agentLeaseLabel] === 'node')
    const dead = own.filter(lease => !isAlive(lease, newest)).map(({ metadata }) => metadata.name)
    const without =
      'found' in kubelets ? [...kubelets.found.keys()].filter(node => !own.some(({ metadata }) => metadata.name === node)) : []
    if (own.length === 0)
      return [
        wrong(
          'agents',
          'no node has one, so nobody announces',
          'Apply deploy/local or deploy/both, and look: kubectl -n weir-system get pods -o wide.',
        ),
      ]
    return [
      ...(dead.length > 0
        ? [
            wrong(
              'agents',
              `${firstFew(dead)} no longer ${dead.length === 1 ? 'renews its Lease' : 'renew their Leases'}`,
              'Look at its pod: kubectl -n weir-system get pods -o wide; a node that is gone for good goes with kubectl delete node.',
            ),
          ]
        : [well('agents', `${own.length} live`)]),
      ...(without.length > 0
        ? [
            unknown(
              'agents',
              `${firstFew(without)} ${without.length === 1 ? 'has' : 'have'} none (taints, a node selector, or a node that only serves the API)`,
            ),
          ]
        : []),
    ]
  })
}

function versions({ snapshot: { reports }, deployments, version }: Facts): readonly Finding[] {
  const byVersion = Map.groupBy(reports, ({ spec }) => spec.version)
  const controllers =
    'found' in deployments ? deployments.found.flatMap(imagesOf).filter(({ name }) => name.startsWith('weir-controller')) : []
  const told = [
    `command line ${version}`,
    ...controllers.map(({ name, image }) => `${name} ${image}`),
    ...[...byVersion].map(([each, of]) => `agents ${each} (${of.length})`),
  ]
  if (byVersion.size > 1)
    return [
      wrong(
        'versions',
        `${told.join(', ')}: agents are of ${byVersion.size} versions`,
        'Wait for the rollout to end, or look why it does not: kubectl -n weir-system rollout status daemonset weir-agent.',
      ),
    ]
  return [well('versions', told.join(', '))]
}

/** The API server notes by its own clock when a Lease was written; in the Lease stands when that was by the node's. */
function clocks({ leases }: Facts): readonly Finding[] {
  return about('clocks', leases, 'there is no namespace of Weir', all => {
    const offsets = all.flatMap(({ metadata, spec }) => {
      const written = Math.max(
        ...(metadata.managedFields ?? []).map(({ time = '' }) => Date.parse(time)).filter(at => !Number.isNaN(at)),
      )
      const renewed = Date.parse(spec?.renewTime ?? '')
      return Number.isFinite(written) && !Number.isNaN(renewed) ? [{ name: metadata.name, ms: renewed - written }] : []
    })
    if (offsets.length === 0) return [unknown('clocks', 'no Lease tells when it was written')]
    const apart = offsets.filter(({ ms }) => Math.abs(ms) > mostSkewMs)
    if (apart.length === 0)
      return [well('clocks', `${counted(offsets.length, 'clock')} within ${mostSkewMs / 1000} s of that of the API server`)]
    const texts = apart.map(
      ({ name, ms }) => `${name} is ${Math.round(Math.abs(ms) / 1000)} s ${ms < 0 ? 'behind' : 'ahead of'} the API server`,
    )
    return [wrong('clocks', firstFew(texts), 'Let the nodes set their clocks by NTP: chrony or systemd-timesyncd.')]
  })
}

function imagesOf({
  metadata,
  spec,
}: {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image?: string | undefined }[] } }
  }
}) {
  return spec.template.spec.containers.map(({ image = '' }) => ({ name: metadata.name, image }))
}

function newestOf(leases: readonly LeaseFact[]): number {
  return Math.max(0, ...leases.map(({ spec }) => Date.parse(spec?.renewTime ?? '')).filter(at => !Number.isNaN(at)))
}

function isAlive({ spec }: LeaseFact, newest: number): boolean {
  const renewed = Date.parse(spec?.renewTime ?? '')
  return (spec?.holderIdentity ?? '') !== '' && newest - renewed <= (spec?.leaseDurationSeconds ?? 0) * 1000 + mostSkewMs
}

/** `v1.36.3` → 36; of another major version: undefined. */
function minorOf(version: string): number | undefined {
  const found = /^v?1\.(\d+)/.exec(version)?.[1]
  return found === undefined ? undefined : Number(found)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
