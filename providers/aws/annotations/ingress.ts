// Annotations of Ingresses that the aws provider reads, those of AWS Load Balancer Controller and ours; docs/aws-ingress.md is made from these rows.
import { annotationTable, nonEmpty, oneOf } from '../../../src/api/annotations.ts'
import { flag, map } from './readers.ts'
import { parseAction } from './ingress/action.ts'
import { authRows } from './ingress/auth-rows.ts'
import { balancerRows } from './ingress/balancer-rows.ts'
import { parseConditions, parseTransforms } from './ingress/condition.ts'
import { listenerRows } from './ingress/listener-rows.ts'
import { refusedRows } from './ingress/refused-rows.ts'
import type { IngressRow, IngressSuffixRow } from './ingress/row.ts'
import { targetRows } from './ingress/target-rows.ts'

export const ingressPrefix = 'alb.ingress.kubernetes.io/'

const { 'group.name': groupName, 'group.order': groupOrder, ...ofBalancer } = balancerRows

export const ingressAnnotations = annotationTable(ingressPrefix, {
  'group.name': groupName,
  'group.order': groupOrder,
  ...ofBalancer,
  ...listenerRows,
  ...targetRows,
  ...authRows,
  ...refusedRows,
  'dry-run-plan': {
    parse: nonEmpty,
    sets: 'dryRun',
    scope: 'group',
    doc: 'Written by AWS Load Balancer Controller; not read.',
    default: 'no meaning',
  },
})

/** Keys of our own on Ingresses. */
const ownRows = {
  'load-balancer-group': {
    parse: groupName.parse,
    sets: 'group',
    scope: 'group',
    setting: 'group',
    doc: 'As `alb.ingress.kubernetes.io/group.name`.',
    default: 'a load balancer of its own',
    example: 'edge',
  },
  'deletion-policy': {
    parse: oneOf('delete', 'retain'),
    sets: 'deletionPolicy',
    scope: 'balancer',
    setting: 'deletionPolicy',
    doc: '`retain`: what was made stays in AWS when the last Ingress goes, without our tags.',
    default: 'delete',
    example: 'retain',
  },
  'allow-interruption': {
    parse: flag,
    sets: 'allowInterruption',
    scope: 'balancer',
    doc: 'Lets a change go on that cannot be made without interrupting traffic.',
    default: 'false',
    example: 'true',
  },
} as const satisfies Readonly<Record<string, IngressRow>>

export const ownIngressAnnotations = annotationTable('weir.dev/', ownRows)

/** Keys that end in what they are for. */
export const ingressSuffixRows = {
  actions: {
    suffix: 'NAME',
    parse: parseAction,
    sets: 'actions',
    scope: 'rules',
    setting: 'actions',
    doc: 'JSON: what a backend of this name with the port `use-annotation` does: forward (also weighted, to Services of the namespace and target groups by ARN), redirect, or a fixed response.',
    default: 'a backend without one answers 503',
    example: '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}',
  },
  conditions: {
    suffix: 'NAME',
    parse: parseConditions,
    sets: 'conditions',
    scope: 'rules',
    doc: 'JSON: what requests for the backend of this name must have besides host and path. `host-header` and `path-pattern` add hosts and paths instead.',
    default: 'host and path alone',
    example: '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-Canary","values":["yes"]}}]',
  },
  transforms: {
    suffix: 'NAME',
    parse: parseTransforms,
    sets: 'transforms',
    scope: 'rules',
    doc: 'JSON: how requests for the backend of this name are rewritten.',
    default: 'as they came',
    example: '[{"type":"url-rewrite","urlRewriteConfig":{"rewrites":[{"regex":"^/api/(.*)$","replace":"/$1"}]}}]',
  },
  'listener-attributes': {
    suffix: 'PROTO-PORT',
    parse: map(),
    sets: 'listenerAttributes',
    scope: 'listener',
    setting: 'listenerAttributes',
    doc: 'Attributes of one listener, by its protocol and port, as `HTTPS-443`.',
    default: 'those of AWS',
    example: 'routing.http.response.server.enabled=false',
  },
} as const satisfies Readonly<Record<string, IngressSuffixRow>>
