// docs/aws-ingress.md: what becomes of an Ingress on AWS, and every annotation with the setting of the class that goes with it.
import { sharedSettings } from '../../../../src/api/aws-ingress-class.ts'
import { ingressAnnotations, ingressPrefix, ingressSuffixRows, ownIngressAnnotations } from '../ingress.ts'
import { code, table } from '../markdown.ts'
import { refusedBeginnings } from './refused-rows.ts'
import type { IngressRow, IngressSuffixRow, Scope } from './row.ts'

/** The whole page. */
export function ingressReference(): string {
  const suffixed = Object.entries<IngressSuffixRow>(ingressSuffixRows).map(([name, row]) =>
    keyRow(`${ingressPrefix}${name}.${row.suffix}`, row),
  )
  const rows = [
    ...Object.entries<IngressRow>(ingressAnnotations.rows).map(([name, row]) => keyRow(ingressPrefix + name, row)),
    ...suffixed,
    ...refusedBeginnings.map(({ beginning }) => [
      code(`${ingressPrefix}${beginning}…`),
      'Not supported yet: refused.',
      'none',
      '',
      '',
      '',
    ]),
    ...Object.entries<IngressRow>(ownIngressAnnotations.rows).map(([name, row]) =>
      keyRow(ownIngressAnnotations.prefix + name, row),
    ),
  ]
  return `${[...pages, table(['Annotation', 'Meaning', 'Default', 'For', 'Setting of the class', 'Example'], rows)].join('\n\n')}\n`
}

const pages: readonly string[] = [
  '# Ingresses on AWS',
  '<!-- Generated from providers/aws by npm run generate. -->',
  'An Ingress of a class with `provider: aws` becomes part of an Application Load Balancer. Which Ingresses are served and which request goes where is told in [ingress.md](ingress.md); this page tells what AWS adds. The annotations are those of AWS Load Balancer Controller with the same meaning, so manifests move over by their class alone.',
  'What a load balancer is like is said, in this order, by annotations of the Service behind a path (targets, health checks, authentication), by annotations of the Ingress, by `spec.aws.ingress` of the LoadBalancerClass (with `spec.aws` and `spec.targets` for what Services have too), and by the defaults below. Maps are joined key by key. What the class lists in `final` cannot be annotated, on Services neither (`SettingIsFinal`). A value that cannot be read keeps what the Ingress had (`InvalidAnnotation`); on a Service it is left out, and where it is about who may come in the route answers 503. A key that is unknown warns and names the nearest one.',
  '## Groups',
  'Ingresses of one class with the same `group.name` share a load balancer, across namespaces; the others have one each, unless the class names a group for all. Whoever is in a group can take requests from the others: `spec.aws.ingress.groupNamespaces` says whose Ingresses may be in one, `namespaces` whose may use the class at all.',
  'Each member is read alone. Where a load balancer can be only one thing the oldest member decides, and who contradicts it is told so with the names of both (`GroupConflict`). Of the name, scheme, address type, subnets and security groups, silence counts as well: who joins later and asks for another than the load balancer has contradicts those who were there, so nobody makes it public or has it made anew by joining. A member with a mistake, one that contradicts, or one that names subnets or security groups that are not there, keeps what it had when that was last good; the others go on.',
  '## Rules',
  'Requests are told apart exactly as in ingress.md: a host with its first label open is asked by a regular expression, since the wildcard of ALB would stand for several labels, and no host hands on to a less precise one. Routes that lead to the same place share a rule as far as its five values go, a path that ends where it would end without is no rule, and what takes everything is what the listener does by itself. Rules that stand keep their priorities; new ones go into the gaps. `group.order` goes before all of this: rules of a lower order are asked first.',
  'Beyond ingress.md, a path of type ImplementationSpecific with `*` or `?` is a pattern of ALB (`/*` means every path), or a regular expression with `use-regex-path-match`; without wildcards it means Prefix. The port `use-annotation` of a backend names an action. A route with `conditions` is asked before the same route without. A redirect that would lead to itself is left out at that listener, so that `/*` may redirect to HTTPS and a Service may stand behind it.',
  'A host or path that ALB cannot ask, as one longer than 128 characters, is left out and told (`RouteNotExpressible`), and so is a route that nothing reaches (`RouteShadowed`). From 90 rules or target groups on the report says so (`QuotaNear`); AWS allows 100 of each. ALB does not take a final dot off the Host header, so such a request is for no name.',
  '## TLS',
  'With `spec.tls` the rules stand at HTTP 80 and HTTPS 443. An HTTPS listener shows the certificates named by `certificate-arn`, then those of the Secrets in `spec.tls`, which are imported into ACM, imported again over the same ARN when the Secret changes, and deleted when nobody names them. For hosts with neither, ACM is asked for a certificate with that very name, then for one with a wildcard.',
  '## Annotations',
  `\`For\` tells whom an annotation is for: the whole load balancer (members of a group must agree, or it is put together), the listeners, targets or rules of the Ingress. What is for targets, authentication, and tags may stand on a Service too. Settings shared with Services are ${sharedSettings.map(code).join(', ')}.`,
]

const scopes: Readonly<Record<Scope, string>> = {
  group: 'the Ingress',
  balancer: 'load balancer',
  merged: 'load balancer, joined',
  listener: 'listeners',
  targets: 'targets',
  rules: 'rules',
}

function keyRow(key: string, row: IngressRow): readonly string[] {
  const { doc, default: usual, scope, setting, example } = row
  return [code(key), doc, usual, scopes[scope], settingText(setting), example === undefined ? '' : code(example)]
}

function settingText(setting: IngressRow['setting']): string {
  if (setting === undefined) return ''
  if (setting === 'targets') return code('spec.targets')
  if (setting === 'actions' || setting === 'deletionPolicy') return `only ${code('final')}: ${code(setting)}`
  const isShared = sharedSettings.some(shared => shared === setting)
  return code(`spec.aws.${isShared ? '' : 'ingress.'}${setting}`)
}
