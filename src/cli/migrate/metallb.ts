// From MetalLB's objects to a LoadBalancerClass and AddressPools, and what every Service that MetalLB serves is to expect. Pure.
import type { AddressPool } from '../../api/address-pool.ts'
import { apiVersion } from '../../api/group.ts'
import { formatAddress, parseAddress, parseCidr, parseRange, rangeContains } from '../../model/address.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import { matchesSelector } from '../../model/selector.ts'
import type { ReadDeployment } from './aws-lbc-objects.ts'
import type { BgpAdvertisement, IpAddressPool, L2Advertisement } from './metallb-objects.ts'
import { startOf, type MetallbStart } from './metallb-start.ts'
import type { Manifest, Migration, Note } from './outcome.ts'
import { changed, leftOut, nothingFound } from './outcome.ts'
import { plain, united } from './selectors.ts'

export interface MetallbSources {
  readonly pools: readonly IpAddressPool[]
  readonly l2: readonly L2Advertisement[]
  readonly bgp: readonly BgpAdvertisement[]
  /** Of other kinds of MetalLB, as `BGPPeer metallb-system/tor`. */
  readonly others: readonly string[]
  /** AddressPools of MetalLB before 0.13, as `AddressPool metallb-system/office`. */
  readonly former: readonly string[]
  readonly services: readonly Service[]
  /** Deployments and DaemonSets, those of others among them. */
  readonly workloads: readonly ReadDeployment[]
  /** The name of the LoadBalancerClass that is written. */
  readonly className: string
}

type Layer2Rule = NonNullable<NonNullable<AddressPool['spec']['announce']>['layer2']>[number]

/** As many as a pool may have. */
const mostRules = 32

export function migrateMetallb(sources: MetallbSources): Migration {
  const start = startOf(sources.workloads)
  if (!start && !isThere(sources))
    return nothingFound(
      'MetalLB',
      'nothing of it is among what was read: no object of metallb.io, not its Deployment or DaemonSet, and no Service with its annotations. Name the files that have them with -f.',
    )
  const pools = sources.pools.map(pool => migratePool(pool, sources))
  const served = sources.services.filter(each => isServed(each, start))
  const services = servicesOf(served, sources)
  const answered = answeredBy(served, start)
  const twice = sources.pools.filter(
    ({ metadata }, index, all) => all.findIndex(other => other.metadata.name === metadata.name) !== index,
  )
  return {
    manifests: [classOf(sources, answered), ...pools.flatMap(({ manifest }) => manifest ?? [])],
    notes: [
      ...defaultNotes(sources.className, answered, start),
      ...twice.map(pool =>
        leftOut(nameOf(pool), 'another pool has the same name; AddressPools are in no namespace. Rename one of them.'),
      ),
      ...pools.flatMap(({ notes }) => notes),
      ...sources.others.map(about => leftOut(about, 'Weir announces by ARP and NDP and does not speak to routers.')),
      ...sources.former.map(about =>
        leftOut(
          about,
          'MetalLB itself replaced this kind by IPAddressPool and L2Advertisement in 0.13; write those, or an AddressPool of weir.dev.',
        ),
      ),
      ...services.notes,
    ],
    kept: services.kept,
  }
}

/** Whether anything that was read is MetalLB's, or says that MetalLB served it. */
function isThere({ pools, l2, bgp, others, former, services }: MetallbSources): boolean {
  return (
    [pools, l2, bgp, others, former].some(each => each.length > 0) ||
    services.some(({ metadata }) =>
      Object.keys(metadata.annotations ?? {}).some(key => /^metallb\.(?:io|universe\.tf)\//.test(key)),
    )
  )
}

function migratePool(
  pool: IpAddressPool,
  sources: MetallbSources,
): { readonly manifest?: Manifest; readonly notes: readonly Note[] } {
  const { metadata, spec } = pool
  const about = nameOf(pool)
  const selects = (names: readonly string[] | null | undefined, selectors: L2Advertisement['spec']) =>
    (names ?? []).includes(metadata.name) ||
    (selectors?.ipAddressPoolSelectors ?? []).some(selector => matchesSelector(plain(selector), metadata.labels)) ||
    ((names ?? []).length === 0 && (selectors?.ipAddressPoolSelectors ?? []).length === 0)
  const l2 = sources.l2.filter(each => selects(each.spec?.ipAddressPools, each.spec))
  const bgp = sources.bgp.filter(each => selects(each.spec?.ipAddressPools, each.spec))
  if (l2.length === 0) {
    const why =
      bgp.length > 0
        ? 'it is announced by BGP only, and Weir announces by ARP and NDP. Write an AddressPool if its addresses are of your LAN.'
        : 'no L2Advertisement selects it, so nobody announces its addresses.'
    return { notes: [leftOut(about, why)] }
  }
  const notes: Note[] = []
  if (bgp.length > 0)
    notes.push(changed(about, 'its addresses are announced by BGP as well today; Weir announces them by ARP and NDP only.'))
  const rules = l2.flatMap(each => rulesOf(each, notes))
  if (rules.length > mostRules) {
    return {
      notes: [...notes, leftOut(about, `its L2Advertisements make ${rules.length} rules, and a pool has at most ${mostRules}.`)],
    }
  }
  const allow = allowOf(pool, notes)
  if (!allow) return { notes }
  const priority = spec.serviceAllocation?.priority ?? 0
  return {
    notes,
    manifest: {
      apiVersion,
      kind: 'AddressPool',
      metadata: { name: metadata.name },
      spec: {
        addresses: spec.addresses.map(text => addressText(text, about, notes)),
        autoAssign: spec.autoAssign ?? true,
        avoidBuggyIPs: spec.avoidBuggyIPs ?? false,
        ...(priority > 0 ? { priority } : {}),
        ...(Object.keys(allow).length > 0 ? { allow } : {}),
        ...(rules.some(rule => Object.keys(rule).length === 0) ? {} : { announce: { layer2: rules } }),
      },
    },
  }
}

/** MetalLB takes the network of an address with a prefix length; here the first address of the network has to be written. */
function addressText(text: string, about: string, notes: Note[]): string {
  const compact = text.replaceAll(/\s+/g, '')
  if ('error' in parseRange(compact)) {
    const cidr = parseCidr(compact)
    if (cidr) return `${formatAddress(cidr.network.family, cidr.network.first)}/${cidr.prefixLength}`
    notes.push(changed(about, `${compact} is no range of addresses; put it right in the AddressPool.`))
  }
  return compact
}

/** Who may use the pool; undefined when that cannot be said, because then the pool must not be open for more. */
function allowOf(pool: IpAddressPool, notes: Note[]): AddressPool['spec']['allow'] | undefined {
  const { namespaces, namespaceSelectors, serviceSelectors } = pool.spec.serviceAllocation ?? {}
  const wanted = { namespaceSelector: namespaceSelectors ?? [], serviceSelector: serviceSelectors ?? [] }
  const found: { namespaceSelector?: ReturnType<typeof united>; serviceSelector?: ReturnType<typeof united> } = {}
  for (const field of ['namespaceSelector', 'serviceSelector'] as const) {
    if (wanted[field].length === 0) continue
    const one = united(wanted[field])
    if (!one) {
      notes.push(
        leftOut(
          nameOf(pool),
          `its ${field}s cannot be said as one selector. Write the AddressPool with one, or one pool for each.`,
        ),
      )
      return undefined
    }
    found[field] = one
  }
  return {
    ...((namespaces ?? []).length > 0 ? { namespaces: namespaces ?? [] } : {}),
    ...(found.namespaceSelector ? { namespaceSelector: found.namespaceSelector } : {}),
    ...(found.serviceSelector ? { serviceSelector: found.serviceSelector } : {}),
  }
}

/** One rule for each pair of a node selector and a service selector: rules unite, as the lists of MetalLB do. */
function rulesOf(advertisement: L2Advertisement, notes: Note[]): readonly Layer2Rule[] {
  const { nodeSelectors, serviceSelectors, interfaces, preferredNodeSelectors } = advertisement.spec ?? {}
  const nodes = nodeSelectors?.length ? nodeSelectors.map(plain) : [undefined]
  const services = serviceSelectors?.length ? serviceSelectors.map(plain) : [undefined]
  const names = interfaces ?? []
  if (names.length === 0) {
    notes.push(
      changed(
        `L2Advertisement ${advertisement.metadata.namespace ?? ''}/${advertisement.metadata.name}`,
        'it announces on every interface; Weir announces on the one whose subnet holds the address. Name interfaces in the rule for others.',
      ),
    )
  }
  return nodes.flatMap(nodeSelector =>
    services.map(serviceSelector => ({
      ...(nodeSelector ? { nodeSelector } : {}),
      ...(serviceSelector ? { serviceSelector } : {}),
      ...(names.length > 0 ? { interfaces: [...names] } : {}),
      ...(preferredNodeSelectors?.length
        ? {
            preferredNodes: preferredNodeSelectors.map(({ weight, preference }) => ({ weight, nodeSelector: plain(preference) })),
          }
        : {}),
    })),
  )
}

interface Answered {
  readonly classes: readonly string[]
  /** Services without a class too. */
  readonly unclassed: boolean
}

/** What MetalLB serves: the class it was started with; where that is not known, what its Services have. */
function answeredBy(served: readonly Service[], start: MetallbStart | undefined): Answered {
  if (start && start.classes.length > 0) return { classes: start.classes, unclassed: false }
  const classes = [...new Set(served.flatMap(({ spec }) => spec.loadBalancerClass ?? []))]
    .filter(name => !name.startsWith('weir.dev/'))
    .toSorted()
  return { classes, unclassed: classes.length === 0 || served.some(({ spec }) => spec.loadBalancerClass === undefined) }
}

function defaultNotes(className: string, { unclassed }: Answered, start: MetallbStart | undefined): readonly Note[] {
  if (!unclassed) return []
  const why = start
    ? 'MetalLB was started without --lb-class'
    : 'the Deployment and DaemonSet of MetalLB are not among what was read, so it is taken for started without --lb-class; if it has one, write it in aliases, and default: false'
  return [
    changed(
      `LoadBalancerClass ${className}`,
      `it becomes the default class of the cluster and serves every Service of type LoadBalancer without a class: ${why}.`,
    ),
  ]
}

function classOf({ className, pools }: MetallbSources, { classes, unclassed }: Answered): Manifest {
  return {
    apiVersion,
    kind: 'LoadBalancerClass',
    metadata: { name: className },
    spec: {
      provider: 'local',
      targets: 'Node',
      default: unclassed,
      ...(classes.length > 0 ? { aliases: [...classes] } : {}),
      takeOver: [...(unclassed ? [whereMetallb(pools)] : []), ...classes.map(alias => ({ alias, ...whereMetallb(pools) }))],
    },
  }
}

/** Its objects are all in the namespace that it runs in. There its workloads are looked for; named, they are gone when they are not there. */
function whereMetallb([pool]: readonly IpAddressPool[]) {
  const namespace = pool?.metadata.namespace ?? 'metallb-system'
  const usual = namespace === 'metallb-system' ? [] : ['speaker', 'metallb-speaker']
  const workloads = usual.map(name => ({ kind: 'DaemonSet' as const, namespace, name }))
  return { from: 'MetalLB' as const, ...(workloads.length > 0 ? { workloads } : {}) }
}

function servicesOf(
  served: readonly Service[],
  { pools }: MetallbSources,
): { readonly kept: readonly string[]; readonly notes: readonly Note[] } {
  const sharing = Map.groupBy(served, service => annotation(service, 'allow-shared-ip') ?? '')
  const results = served.map(service => {
    const name = `Service ${service.metadata.namespace ?? ''}/${service.metadata.name}`
    const addresses = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
    const outside = addresses.filter(address => !pools.some(pool => holds(pool, address)))
    const key = annotation(service, 'allow-shared-ip')
    const fellows = key === undefined ? [] : (sharing.get(key) ?? [])
    const namespaces = new Set(fellows.map(({ metadata }) => metadata.namespace ?? ''))
    return {
      kept: outside.length > 0 ? [] : [`${name} keeps ${addresses.join(', ')}`],
      notes: [
        ...(outside.length > 0 ? [changed(name, `${outside.join(', ')} is in no pool; it gets another address.`)] : []),
        ...(namespaces.size > 1
          ? [
              changed(
                name,
                `it may share its address with Services of other namespaces, which here needs the annotation weir.dev/share-with-namespaces (${[...namespaces].toSorted().join(', ')}) on each of them.`,
              ),
            ]
          : []),
      ],
    }
  })
  return { kept: results.flatMap(({ kept }) => kept), notes: results.flatMap(({ notes }) => notes) }
}

/** Has an address of a load balancer already; where the class is known, only of that one. */
function isServed({ spec, status }: Service, start: MetallbStart | undefined): boolean {
  const classes = start?.classes ?? []
  return (
    spec.type === 'LoadBalancer' &&
    (classes.length === 0 || classes.includes(spec.loadBalancerClass ?? '')) &&
    (status?.loadBalancer?.ingress ?? []).some(({ ip }) => ip !== undefined)
  )
}

function annotation({ metadata }: Service, name: string): string | undefined {
  return metadata.annotations?.[`metallb.io/${name}`] ?? metadata.annotations?.[`metallb.universe.tf/${name}`]
}

function holds({ spec }: IpAddressPool, text: string): boolean {
  const address = parseAddress(text)
  return spec.addresses.some(written => {
    const range = parseRange(addressText(written, '', []))
    return address !== undefined && !('error' in range) && rangeContains(range, address)
  })
}

function nameOf({ metadata }: IpAddressPool): string {
  return `IPAddressPool ${metadata.namespace ?? ''}/${metadata.name}`
}
