// What `weir explain ingress/NAME` says: routes, who shadows whom, and which route takes a request and why.
import { expect, test } from 'vitest'
import type { Ingress } from '../../model/ingress-objects.ts'
import { shop } from '../cluster-under-test.ts'
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
