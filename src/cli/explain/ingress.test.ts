// What `weir explain ingress/NAME` says: routes, who shadows whom, and which route takes a request and why.
import { describe, expect, test } from 'vitest'
import type { Ingress } from '../../model/ingress-objects.ts'
import { ingressReaders } from '../../main-readers.ts'
import { shop, slice } from '../cluster-under-test.ts'
import { render } from '../render.ts'
import { emptySnapshot, type Snapshot } from '../snapshot.ts'
import { explainIngress } from './ingress.ts'

const routes = {
  name: 'shop',
  day: 1,
  rules: {
    'shop.example.com': { 'Prefix /': 'web', 'Prefix /cart': 'cart', 'Exact /cart/old': 'old' },
    '*.example.com': { 'Prefix /': 'api' },
  },
  tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }],
}
const late = { name: 'late', day: 2, rules: { 'shop.example.com': { 'Prefix /cart': 'api', 'Prefix /gone': 'missing' } } }
const snapshot = shop(routes, late)

function explained(name: string, url?: string, given: Snapshot = snapshot): readonly string[] {
  const ingress = given.ingresses.find(({ metadata }) => metadata.name === name)
  if (!ingress) throw new Error(`no ${name}`)
  const view = explainIngress(ingress, given, url === undefined ? {} : { request: new URL(url) })
  return render(view, { format: 'table', colour: false }).split('\n').slice(0, -1)
}

test('the routes of an Ingress, and which Ingress has the place of those that are shadowed', () => {
  const text = explained('late')
  expect(text.find(line => line.includes('/cart'))).toMatch(
    /shop\.example\.com +\/cart +Prefix +api:80 +shadowed by default\/shop/,
  )
  expect(text.find(line => line.includes('/gone'))).toMatch(/answers 503: ServiceNotFound/)
  expect(text).toContain('  together   with 1 other Ingress')
})

test.each([
  [
    'https://shop.example.com/cart/7?x=1',
    'goes to cart:80',
    'is in shop.example.com/cart (Prefix), the longest prefix that matches',
  ],
  ['http://shop.example.com/cart/old', 'goes to old:80', '/cart/old is written as Exact'],
  ['http://a.example.com/x', 'goes to api:80', 'a.example.com matches *.example.com (one label is open)'],
  ['http://shop.example.com/gone', 'is answered with 503', 'There is no Service default/missing'],
  ['http://a.b.example.com/', 'is answered with 404: no route takes it', 'no rule names a.b.example.com'],
])('%s %s', (url, result, why) => {
  const text = explained('shop', url).join('\n')
  expect(text).toContain(`${url} ${result}`)
  expect(text).toContain(why)
})

test('the certificate, the routes that are passed over, and the Ingress that wrote the winner', () => {
  const text = explained('late', 'https://shop.example.com/cart').join('\n')
  expect(text).toContain('that of Secret default/shop-tls for shop.example.com')
  expect(text).toMatch(/passed over +shop\.example\.com\/ \(Prefix\) → web:80: less precise/)
  expect(text).toContain('Ingress default/shop, spec.rules[0].http.paths[1] (another Ingress than the one asked about)')
})

test('an Ingress of another controller is told apart from one whose class does not exist', () => {
  const [ingress] = snapshot.ingresses
  if (!ingress) throw new Error('no Ingress')
  const foreign = { ...ingress, spec: { ...ingress.spec, ingressClassName: 'nginx' } }
  const alone: Snapshot = { ...emptySnapshot, ingresses: [foreign] }
  expect(explained('shop', undefined, alone)).toEqual(["default/shop is not Weir's", '  why  there is no IngressClass nginx'])
  const known: Snapshot = {
    ...alone,
    ingressClasses: [{ metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } }],
  }
  expect(explained('shop', undefined, known)[1]).toContain('has the controller k8s.io/ingress-nginx, not weir.dev/ingress')
})

test('the settings of the Ingress whose route wins are told, as its provider reads them', () => {
  const [ingress] = snapshot.ingresses
  if (!ingress) throw new Error('no Ingress')
  const readers = {
    local: {
      read: () => ({ settings: {}, ways: { aliases: ['www.example.org'] }, problems: [], secrets: [], services: [] }),
      words: ({ metadata }: Ingress, { https, certificate }: { readonly https: boolean; readonly certificate: boolean }) => [
        `${metadata.name} ${https} ${certificate}`,
      ],
    },
  }
  const ask = (url: string) =>
    render(explainIngress(ingress, snapshot, { request: new URL(url), readers }), { format: 'table', colour: false })
  expect(ask('http://shop.example.com/')).toMatch(/on the way +shop false true/)
  expect(ask('https://www.example.org/cart')).toContain('https://www.example.org/cart goes to cart:80')
})

test('a request that is answered is healthy, one that is not is not', () => {
  const [ingress] = snapshot.ingresses
  if (!ingress) throw new Error('no Ingress')
  expect(explainIngress(ingress, snapshot, { request: new URL('http://shop.example.com/') }).healthy).toBe(true)
  expect(explainIngress(ingress, snapshot, { request: new URL('http://nobody.example.org/') }).healthy).toBe(false)
})

test('the Services behind an Ingress, with each endpoint in or out and why; one that is not there is said', () => {
  const slices = [
    slice('cart', [
      { pod: 'cart-0', address: '10.244.0.9' },
      { pod: 'cart-1', address: '10.244.1.9', ready: false },
    ]),
  ]
  const text = explained('late', undefined, { ...snapshot, slices })
  const from = text.indexOf('  Targets')
  expect(text.slice(from + 1)).toEqual([
    '    api port 80/TCP  no endpoints: no pod matches its selector',
    '    missing          there is no such Service',
  ])
  const shopped = explained('shop', undefined, { ...snapshot, slices }).join('\n')
  expect(shopped).toMatch(/cart port 80\/TCP +in +cart-0 +10\.244\.0\.9:8080 +n1 +ready\n +out +cart-1 .* not ready/)
})

test('what was made at AWS for an Ingress is told with its ARNs, and what AWS last said', () => {
  const [ingress] = snapshot.ingresses
  if (!ingress) throw new Error('no Ingress')
  const made = {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancer',
    metadata: { name: 'default.ingress.shop.1a2b3c4d', namespace: 'weir-system' },
    spec: {
      provider: 'aws' as const,
      class: 'alb',
      ingressGroup: { namespace: 'default', name: 'shop' },
      members: [{ kind: 'Ingress' as const, namespace: 'default', name: 'shop', uid: 'uid-shop', ports: [] }],
    },
    status: {
      place: { region: 'us-west-2', vpcId: 'vpc-1' },
      ids: { 'load-balancer': 'arn:aws:elasticloadbalancing:us-west-2:1:loadbalancer/app/weir-shop/1', 'listener/80': 'arn:l' },
      dnsName: 'weir-shop-1.us-west-2.elb.amazonaws.com',
      openings: { 'sg-nodes': ['tcp:8080'] },
    },
  }
  const view = explainIngress(ingress, { ...snapshot, loadBalancers: [made] })
  const text = render(view, { format: 'table', colour: false })
  expect(text).toMatch(/made in +us-west-2 vpc-1\n/)
  expect(text).toContain('load-balancer  arn:aws:elasticloadbalancing:us-west-2:1:loadbalancer/app/weir-shop/1\n')
  expect(text).toMatch(/opened +sg-nodes {2}tcp:8080\n/)
  expect(text).toContain('weir-shop-1.us-west-2.elb.amazonaws.com')
  expect(view.data).toMatchObject({ loadBalancers: [{ resources: { 'listener/80': 'arn:l' } }] })
})

test.each([
  ['always', 'goes to api:80', 'api:80 of Ingress default/canary takes it instead of web:80: its header x-canary says so'],
  ['never', 'goes to web:80', 'api:80 of Ingress default/canary does not take it: its header x-canary says so'],
  ['perhaps', 'goes to web:80', 'api:80 of Ingress default/canary may take it instead: 20 of 100 requests go there'],
])('a canary and a request with x-canary: %s', (value, result, why) => {
  const rules = (backend: string) => ({ 'shop.example.com': { 'Prefix /': backend } })
  const given = shop({ name: 'main', day: 1, rules: rules('web') }, { name: 'canary', day: 2, rules: rules('api') })
  const annotations = {
    'nginx.ingress.kubernetes.io/canary': 'true',
    'nginx.ingress.kubernetes.io/canary-by-header': 'X-Canary',
    'nginx.ingress.kubernetes.io/canary-weight': '20',
  }
  const ingresses = given.ingresses.map(each =>
    each.metadata.name === 'canary' ? { ...each, metadata: { ...each.metadata, annotations } } : each,
  )
  const [main] = ingresses
  if (!main) throw new Error('no Ingress')
  const question = { request: new URL('http://shop.example.com/'), headers: { 'x-canary': value }, readers: ingressReaders }
  const text = render(explainIngress(main, { ...given, ingresses }, question), { format: 'table', colour: false })
  expect(text).toContain(`http://shop.example.com/ ${result}`)
  expect(text).toContain(why)
})

describe('a certificate whose Secret is missing', () => {
  const host = 'my.example.com'
  const rules = { [host]: { 'Prefix /': 'web', 'Prefix /x': 'missing' } }
  const told = (state: 'InEffect' | 'Unavailable', tls = [{ hosts: [host], secretName: 'nosuch' }]): Snapshot => {
    const given = shop({ name: 'my', day: 1, rules, tls })
    const status = { certificates: [{ host, secret: 'nosuch', state }] }
    return { ...given, ingressReports: given.ingressReports.map(report => ({ ...report, status })) }
  }
  const ask = (url: string, given: Snapshot) => {
    const [ingress] = given.ingresses
    if (!ingress) throw new Error('no Ingress')
    const view = explainIngress(ingress, given, { request: new URL(url), readers: ingressReaders })
    return { healthy: view.healthy, text: render(view, { format: 'table', colour: false }) }
  }

  test('plain HTTP goes to the backend, and to HTTPS only when there is one', () => {
    expect(ask(`http://${host}/`, told('InEffect')).text).toContain('sent to https, and not to the backend')
    const { healthy, text } = ask(`http://${host}/`, told('Unavailable'))
    expect(text).toContain(`http://${host}/ goes to web:80`)
    expect(text).not.toContain('sent to https')
    expect(healthy).toBe(true)
  })

  test('a route without backend is answered with 503 and nothing else', () => {
    const { text } = ask(`http://${host}/x`, told('Unavailable'))
    expect(text).toContain('is answered with 503')
    expect(text).not.toContain('sent to https')
  })

  test('a TLS client is not answered', () => {
    expect(ask(`https://${host}/`, told('InEffect')).text).toContain(`that of Secret default/nosuch for ${host}`)
    const { healthy, text } = ask(`https://${host}/`, told('Unavailable'))
    expect(text).toContain(`https://${host}/ gets no answer: the connection is closed, for want of a certificate`)
    expect(text).toContain('none that can be used')
    expect(text).toContain('Secret default/nosuch is missing or cannot be used')
    expect(text).not.toContain('goes to')
    expect(healthy).toBe(false)
  })

  test('a TLS client gets the next certificate that fits its host', () => {
    const tls = [
      { hosts: [host], secretName: 'nosuch' },
      { hosts: ['*.example.com'], secretName: 'all' },
    ]
    const { healthy, text } = ask(`https://${host}/`, told('Unavailable', tls))
    expect(text).toContain('that of Secret default/all for *.example.com')
    expect(text).toContain('Secret default/nosuch is missing or cannot be used')
    expect(healthy).toBe(true)
  })
})
