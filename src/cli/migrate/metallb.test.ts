// Manifests as MetalLB's users have them, and what they become.
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { addressPool } from '../../api/address-pool.ts'
import { loadBalancerClass } from '../../api/load-balancer-class.ts'
import { render } from '../render.ts'
import { migrateMetallb } from './metallb.ts'
import { metallbSources, objectsIn } from './sources.ts'
import { migrationView } from './view.ts'

const migrate = (yaml: string) => migrateMetallb(metallbSources(objectsIn(yaml, 'config.yaml'), 'lan'))
const poolOf = (yaml: string) => migrate(yaml).manifests.find(({ kind }) => kind === 'AddressPool')

const office = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: office, namespace: metallb-system, labels: { zone: lan } }
spec:
  addresses: [192.168.10.0/24, 192.168.9.1 - 192.168.9.5, 192.168.11.77/28, "fc00:f853:0ccd:e799::/124"]
`
const everywhere = `
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: all, namespace: metallb-system }
`

test('a pool and an advertisement without selectors become a pool that every node announces', () => {
  expect(poolOf(office + everywhere)).toEqual({
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'AddressPool',
    metadata: { name: 'office' },
    spec: {
      addresses: ['192.168.10.0/24', '192.168.9.1-192.168.9.5', '192.168.11.64/28', 'fc00:f853:0ccd:e799::/124'],
      autoAssign: true,
      avoidBuggyIPs: false,
    },
  })
})

test('who may use a pool, and where it is announced', () => {
  const pool = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: shop, namespace: metallb-system, labels: { zone: lan } }
spec:
  addresses: [10.0.0.1-10.0.0.9]
  autoAssign: false
  avoidBuggyIPs: true
  serviceAllocation:
    priority: 50
    namespaces: [shop]
    namespaceSelectors: [{ matchLabels: { team: a } }, { matchLabels: { team: b } }]
    serviceSelectors: [{ matchExpressions: [{ key: app, operator: In, values: [web] }] }]
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: racks, namespace: metallb-system }
spec:
  ipAddressPoolSelectors: [{ matchLabels: { zone: lan } }]
  nodeSelectors: [{ matchLabels: { kubernetes.io/hostname: a } }, { matchLabels: { kubernetes.io/hostname: b } }]
  interfaces: [eth1]
  preferredNodeSelectors: [{ weight: 10, preference: { matchLabels: { fast: "yes" } } }]
`
  const preferredNodes = [{ weight: 10, nodeSelector: { matchLabels: { fast: 'yes' } } }]
  expect(poolOf(pool)?.spec).toEqual({
    addresses: ['10.0.0.1-10.0.0.9'],
    autoAssign: false,
    avoidBuggyIPs: true,
    priority: 50,
    allow: {
      namespaces: ['shop'],
      namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'b'] }] },
      serviceSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
    },
    announce: {
      layer2: ['a', 'b'].map(name => ({
        nodeSelector: { matchLabels: { 'kubernetes.io/hostname': name } },
        interfaces: ['eth1'],
        preferredNodes,
      })),
    },
  })
  expect(migrate(pool).notes.map(({ about }) => about)).toEqual(['LoadBalancerClass lan'])
})

test.each([
  [
    'announced by BGP only',
    `${office}---\napiVersion: metallb.io/v1beta1\nkind: BGPAdvertisement\nmetadata: { name: b, namespace: metallb-system }\n`,
    /BGP only/,
  ],
  ['announced by nobody', office, /no L2Advertisement selects it/],
  [
    'for selectors that are not one',
    `${office}  serviceAllocation: { serviceSelectors: [{ matchLabels: { a: "1" } }, { matchLabels: { b: "2" } }] }\n${everywhere}`,
    /serviceSelectors cannot be said as one/,
  ],
])('a pool %s is left out, and it is said why', (_, yaml, why) => {
  const { manifests, notes } = migrate(yaml)
  expect(manifests.map(({ kind }) => kind)).toEqual(['LoadBalancerClass'])
  expect(
    notes
      .filter(({ kind }) => kind === 'left out')
      .map(({ message }) => message)
      .join(),
  ).toMatch(why)
})

test('what is for routers is named and left out', () => {
  const peer =
    '---\napiVersion: metallb.io/v1beta2\nkind: BGPPeer\nmetadata: { name: tor, namespace: metallb-system }\nspec: { myASN: 64500 }\n'
  expect(migrate(office + everywhere + peer).notes).toContainEqual({
    kind: 'left out',
    about: 'BGPPeer metallb-system/tor',
    message: 'Weir announces by ARP and NDP and does not speak to routers.',
  })
})

const serviceText = (name: string, ip: string, more = '', namespace = 'default') => `
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace}${more.startsWith('annotations') ? `, ${more}` : ''} }
spec: { type: LoadBalancer${more.startsWith('loadBalancerClass') ? `, ${more}` : ''} }
status: { loadBalancer: { ingress: [{ ip: ${ip} }] } }
`

test('Services keep their addresses; those of a class of MetalLB are served by an alias', () => {
  const { manifests, notes, kept } = migrate(
    office +
      everywhere +
      serviceText('web', '192.168.10.4') +
      serviceText('api', '192.168.9.2', 'loadBalancerClass: metallb.io/lb') +
      serviceText('far', '10.9.9.9'),
  )
  expect(manifests[0]).toMatchObject({
    kind: 'LoadBalancerClass',
    metadata: { name: 'lan' },
    spec: { provider: 'local', targets: 'Node', default: true, aliases: ['metallb.io/lb'] },
  })
  expect(kept).toEqual(['Service default/web keeps 192.168.10.4', 'Service default/api keeps 192.168.9.2'])
  expect(notes).toContainEqual({
    kind: 'changed',
    about: 'Service default/far',
    message: '10.9.9.9 is in no pool; it gets another address.',
  })
})

test('sharing between namespaces needs consent, and says so on each', () => {
  const key = 'annotations: { metallb.universe.tf/allow-shared-ip: k }'
  const { notes } = migrate(
    office + everywhere + serviceText('a', '192.168.10.4', key) + serviceText('b', '192.168.10.4', key, 'shop'),
  )
  expect(notes.filter(({ message }) => message.includes('share-with-namespaces')).map(({ about }) => about)).toEqual([
    'Service default/a',
    'Service shop/b',
  ])
})

test('what is written is valid for our kinds, and the report stands above it as comments', () => {
  const view = migrationView(migrate(office + everywhere))
  const text = render(view, { format: 'table', colour: false })
  const [lbClass, pool] = parseAllDocuments(text).map(document => document.toJS())
  expect(loadBalancerClass.schema.safeParse(lbClass).success).toBe(true)
  expect(addressPool.schema.safeParse(pool).success).toBe(true)
  expect(text).toMatch(
    /^# 2 objects to apply\. Nothing has been changed in any cluster\.\n#\n# Means something else in some case:\n/,
  )
  expect(view.healthy).toBe(false)
})

test('a file that is no YAML and an object that cannot be read are named', () => {
  expect(() => objectsIn('a: [', 'broken.yaml')).toThrow(/broken\.yaml/)
  expect(() =>
    migrate('apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: { name: x, namespace: m }\nspec: {}\n'),
  ).toThrow(/IPAddressPool m\/x/)
})

const plainIngress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec: { ingressClassName: public }
`

test('where nothing of MetalLB is found, that is said and nothing is written', () => {
  const view = migrationView(migrate(plainIngress + serviceText('web', '192.168.10.4')))
  const text = render(view, { format: 'table', colour: false })
  expect(view.healthy).toBe(false)
  expect(text).toMatch(/^# 0 objects to apply\..*\n#\n# Left out:\n# +MetalLB: nothing of it is among what was read/)
  expect(text).not.toContain('kind:')
})

test('a Service that MetalLB served is enough to write a class, which is one object', () => {
  const served = serviceText('web', '192.168.10.4', 'annotations: { metallb.io/ip-allocated-from-pool: office }')
  expect(render(migrationView(migrate(served)), { format: 'table', colour: false })).toMatch(/^# 1 object to apply\./)
})

const started = (kind: string, args: string, image = 'quay.io/metallb/speaker:v0.15.2') => `
---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: lb, namespace: metallb-system }
spec: { template: { spec: { containers: [{ name: lb, image: "${image}", args: ${args} }] } } }
`

test.each([
  ['in one item', started('DaemonSet', '["--port=7472", "--lb-class=example.com/lan"]')],
  ['in two items', started('Deployment', '["--lb-class", "example.com/lan", "--port=7472"]')],
  [
    'with one dash, twice',
    started('DaemonSet', '["-lb-class=example.com/lan"]') + started('Deployment', '["-lb-class=example.com/lan"]'),
  ],
])('the class that MetalLB was started with, %s, is an alias, and no Service without a class is served', (_how, workloads) => {
  const { manifests, notes, kept } = migrate(
    office +
      everywhere +
      workloads +
      serviceText('web', '192.168.10.4', 'loadBalancerClass: example.com/lan') +
      serviceText('other', '10.9.9.9'),
  )
  expect(manifests[0]?.spec).toMatchObject({
    default: false,
    aliases: ['example.com/lan'],
    takeOver: [{ alias: 'example.com/lan', from: 'MetalLB' }],
  })
  expect(kept).toEqual(['Service default/web keeps 192.168.10.4'])
  expect(notes.filter(({ about }) => !about.startsWith('L2Advertisement'))).toEqual([])
})

test.each([
  [
    'was started without --lb-class',
    started('DaemonSet', '["--port=7472"]'),
    /every Service .* without a class: MetalLB was started without/,
  ],
  [
    'is not among what was read',
    started('DaemonSet', '["--lb-class=x/y"]', 'nginx:1'),
    /not among what was read.*default: false\.$/,
  ],
])('that the class becomes the default one is said where MetalLB %s', (_why, workloads, said) => {
  const { manifests, notes } = migrate(office + everywhere + workloads)
  expect(manifests[0]?.spec).toMatchObject({ default: true, takeOver: [{ from: 'MetalLB' }] })
  expect(notes[0]).toMatchObject({ kind: 'changed', about: 'LoadBalancerClass lan', message: expect.stringMatching(said) })
})
