// What becomes of manifests of AWS Load Balancer Controller and ingress-nginx, with what the providers have to say of them.
import { expect, test } from 'vitest'
import { loadBalancerClass } from './api/load-balancer-class.ts'
import { targetGroupBinding } from './api/target-group-binding.ts'
import { migrateAwsLbc } from './cli/migrate/aws-lbc.ts'
import * as examples from './cli/migrate/examples-under-test.ts'
import { migrateIngressNginx } from './cli/migrate/ingress-nginx.ts'
import { awsLbcSources, ingressNginxSources, objectsIn } from './cli/migrate/sources.ts'
import { aws, local } from './main-cli-judges.ts'

const fromLbc = (yaml: string) => migrateAwsLbc(awsLbcSources(objectsIn(yaml, 'lbc.yaml'), 'aws'), aws)
const fromNginx = (yaml: string) => migrateIngressNginx(ingressNginxSources(objectsIn(yaml, 'nginx.yaml'), 'lan'), local)
const { manifests, notes, kept } = fromLbc(examples.awsLbc)
const named = (kind: string, name: string) => manifests.find(each => each.kind === kind && each.metadata.name === name)
const notesOf = (about: string) => notes.filter(note => note.about === about).map(({ kind, message }) => `${kind}: ${message}`)

test('the class with the aliases works where that controller worked, and with its defaults', () => {
  expect(named('LoadBalancerClass', 'aws')?.spec).toEqual({
    provider: 'aws',
    targets: 'Node',
    // Of the Service that has no class.
    default: true,
    aliases: ['service.k8s.aws/nlb', 'ingress.k8s.aws/alb'],
    takeOver: [{ from: 'AWSLoadBalancerController' }],
    aws: {
      clusterName: 'blue',
      region: 'eu-west-1',
      vpcId: 'vpc-0a1b2c3d',
      tags: { team: 'shop', stage: 'live' },
      bindingRoles: ['arn:aws:iam::123456789012:role/targets'],
    },
  })
})

test('IngressClassParams become a class that the IngressClass names, whose settings Ingresses may not change', () => {
  expect(named('LoadBalancerClass', 'public')?.spec).toMatchObject({
    targets: 'Pod',
    aws: {
      clusterName: 'blue',
      scheme: 'internet-facing',
      subnets: ['subnet-0a', 'subnet-0b'],
      prefixLists: ['pl-0a1b'],
      tags: { cost: 'edge' },
      final: ['scheme', 'subnets', 'prefixLists', 'targets'],
      ingress: {
        group: 'edge',
        ipAddressType: 'dualstack',
        inboundCidrs: ['192.0.2.0/24'],
        attributes: { 'deletion_protection.enabled': 'true' },
        capacityUnits: 100,
        webAcl: 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/edge/1',
        listeners: [
          { protocol: 'HTTP', port: 80 },
          { protocol: 'HTTPS', port: 443 },
        ],
        sslRedirectPort: 443,
        certificates: ['arn:aws:acm:eu-west-1:123456789012:certificate/0a1b'],
        tlsPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
        namespaces: ['shop'],
        final: expect.arrayContaining(['group', 'certificates', 'tlsPolicy']),
      },
    },
  })
  expect(named('IngressClass', 'alb')).toMatchObject({
    metadata: { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    spec: {
      controller: 'ingress.k8s.aws/alb',
      parameters: { apiGroup: 'weir.dev', kind: 'LoadBalancerClass', name: 'public', scope: 'Cluster' },
    },
  })
  expect(notesOf('IngressClassParams public').join()).toMatch(/was overruled; here it is refused with a condition/)
})

test('one that cannot be said is left out rather than opened for more Ingresses', () => {
  expect([named('LoadBalancerClass', 'teams'), named('IngressClass', 'teams')]).toEqual([undefined, undefined])
  expect(notesOf('IngressClassParams teams').join()).toMatch(/^left out: its namespaceSelector asks for more than names/)
  expect(notesOf('IngressClass teams').join()).toMatch(/^left out: .*make the class first/)
})

test('bindings made by hand are carried over; those that controller made itself, and those of several clusters, are not', () => {
  expect(named('TargetGroupBinding', 'legacy')).toMatchObject({
    metadata: { namespace: 'shop' },
    spec: { class: 'aws', targetType: 'ip', serviceRef: { name: 'web', port: 'http' }, networking: { ingress: [{}] } },
  })
  expect(manifests.filter(({ kind }) => kind === 'TargetGroupBinding')).toHaveLength(1)
  expect(notesOf('1 TargetGroupBindings').join()).toContain('shop/k8s-shop-web-0a1b2c3d4e')
  expect(notesOf('TargetGroupBinding shop/both').join()).toMatch(/^left out: multiClusterTargetGroup/)
})

test('load balancers stay, and every annotation that means something else or is refused is told', () => {
  expect(kept).toEqual([
    'IngressClass plain is served by the alias ingress.k8s.aws/alb',
    'Service shop/web keeps k8s-shop-web-0a1b2c3d4e-1.elb.eu-west-1.amazonaws.com',
    'Service shop/old keeps k8s-shop-old-1.elb.eu-west-1.amazonaws.com',
    'Ingress shop/shop keeps k8s-edge-5f6a7b8c9d-1.eu-west-1.elb.amazonaws.com',
  ])
  expect(notesOf('Service shop/web').join()).toMatch(/^left out: .*quic-enabled-ports/)
  expect(notesOf('Service shop/old').join()).toMatch(/it has no class, so that the class is made the default one/)
  expect(notesOf('Ingress shop/shop').join()).toMatch(/create-acm-cert/)
})

test('what is written fits our kinds', () => {
  for (const manifest of manifests) {
    if (manifest.kind === 'LoadBalancerClass') expect(loadBalancerClass.schema.parse(manifest)).toBeDefined()
    if (manifest.kind === 'TargetGroupBinding') expect(targetGroupBinding.schema.parse(manifest)).toBeDefined()
  }
})

test('where the controller was started otherwise, or is not among what was read, that is said', () => {
  const elsewhere = examples.awsLbc
    .replace('name: aws-load-balancer-controller, namespace: kube-system', 'name: lbc, namespace: aws')
    .replace('--ingress-class=alb', '--load-balancer-class=example.com/nlb')
  const [main] = fromLbc(elsewhere).manifests
  const where = {
    from: 'AWSLoadBalancerController',
    leases: [{ namespace: 'aws', name: 'aws-load-balancer-controller-leader' }],
    workloads: [{ kind: 'Deployment', namespace: 'aws', name: 'lbc' }],
  }
  expect(main?.spec).toMatchObject({
    aliases: ['example.com/nlb', 'ingress.k8s.aws/alb'],
    takeOver: [{ alias: 'example.com/nlb', ...where }, { alias: 'ingress.k8s.aws/alb', ...where }, where],
  })
  const without = fromLbc(examples.awsLbc.slice(examples.awsLbc.indexOf('---')))
  expect(without.notes[0]?.message).toMatch(/aws\.clusterName of LoadBalancerClass aws .* its load balancers are not taken over/)
})

test('ingress-nginx becomes an alias of a class; its options are told one by one', () => {
  const found = fromNginx(examples.ingressNginx)
  expect(found.manifests).toEqual([
    {
      apiVersion: 'weir.dev/v1alpha1',
      kind: 'LoadBalancerClass',
      metadata: { name: 'lan' },
      spec: {
        provider: 'local',
        targets: 'Pod',
        default: false,
        aliases: ['k8s.io/ingress-nginx'],
        takeOver: [
          {
            alias: 'k8s.io/ingress-nginx',
            from: 'IngressNginx',
            workloads: [{ kind: 'DaemonSet', namespace: 'edge', name: 'edge-ingress-nginx-controller' }],
          },
        ],
        local: { gateway: { trustedProxies: 1, minimumTls: '1.3' } },
      },
    },
  ])
  const texts = found.notes.map(({ kind, about, message }) => `${kind} ${about} ${message}`)
  expect(texts.find(text => text.includes('http-snippet'))).toMatch(/^left out ConfigMap edge\//)
  expect(texts.find(text => text.includes('use-forwarded-headers'))).toMatch(/^changed .*trustedProxies: 1/)
  expect(texts.find(text => text.includes('server-snippet'))).toMatch(/Ingress shop\/shop/)
  expect(found.kept).toEqual(['IngressClass nginx is served by the alias k8s.io/ingress-nginx'])
})

const ofClass = (name: string, annotations = '') => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop, annotations: { ${annotations} } }
spec:
  ingressClassName: ${name}
  rules: [{ host: shop.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
---
`

test('Ingresses of the class nginx are told of without their IngressClass, and that it is missing', () => {
  const annotations =
    'nginx.ingress.kubernetes.io/configuration-snippet: "return 418;", nginx.ingress.kubernetes.io/proxy-bodysize: 8m, nginx.ingress.kubernetes.io/proxy-read-timeout: soon'
  const found = fromNginx(ofClass('nginx', annotations))
  const texts = found.notes.map(({ kind, about, message }) => `${kind} ${about} ${message}`)
  expect(texts[0]).toMatch(/^left out IngressClass nginx it is missing from what was read, and Ingress shop\/shop of that class/)
  for (const name of ['configuration-snippet', 'proxy-bodysize', 'proxy-read-timeout'])
    expect(texts.filter(text => text.includes('Ingress shop/shop ')).join('\n')).toContain(name)
  expect(found.manifests).toHaveLength(1)
})

test.each([
  ['of another class', ofClass('public')],
  [
    'of a class nginx that another controller has',
    `${ofClass('nginx')}apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: nginx }\nspec: { controller: nginx.org/ingress-controller }\n`,
  ],
])('Ingresses %s are nothing of ingress-nginx, so that nothing is written', (_which, yaml) => {
  const { manifests, notes } = fromNginx(yaml)
  expect(manifests).toEqual([])
  expect(notes.map(({ kind, about }) => `${kind}: ${about}`)).toEqual(['left out: ingress-nginx'])
})
