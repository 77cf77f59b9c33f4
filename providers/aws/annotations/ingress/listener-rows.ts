// Rows of annotations about the listeners of an Ingress: ports, TLS and redirects to it.
import { nonEmpty } from '../../../../src/api/annotations.ts'
import { arn, distinct, flag, integer } from '../readers.ts'
import { parseListenPorts } from './listen-ports.ts'
import type { IngressRow } from './row.ts'

export const listenerRows = {
  'listen-ports': {
    parse: parseListenPorts,
    sets: 'listenPorts',
    scope: 'listener',
    setting: 'listeners',
    doc: 'JSON: the ports at which the rules of the Ingress stand. A group has those of all its members.',
    default: '`[{"HTTP":80}]`; with `certificate-arn` `[{"HTTPS":443}]`; with `spec.tls` or `ssl-redirect` both',
    example: '[{"HTTP":80},{"HTTPS":443}]',
  },
  'ssl-redirect': {
    parse: integer(1, 65_535),
    sets: 'sslRedirect',
    scope: 'balancer',
    setting: 'sslRedirectPort',
    doc: 'Port of an HTTPS listener: every HTTP listener of the group answers everything with a redirect (301) to it.',
    default: 'no redirect',
    example: '443',
  },
  'certificate-arn': {
    parse: distinct(arn),
    sets: 'certificates',
    scope: 'listener',
    setting: 'certificates',
    doc: 'Certificates of HTTPS listeners; the first is the default one, the others are chosen by SNI.',
    default: 'those of `spec.tls`; for hosts without, one of ACM with their name, before one with a wildcard',
    example: 'arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d',
  },
  'ssl-policy': {
    parse: nonEmpty,
    sets: 'tlsPolicy',
    scope: 'listener',
    setting: 'tlsPolicy',
    doc: 'Security policy of HTTPS listeners.',
    default: '`ELBSecurityPolicy-2016-08`',
    example: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
  },
  'use-regex-path-match': {
    parse: flag,
    sets: 'regexPaths',
    scope: 'rules',
    doc: 'Paths of type ImplementationSpecific are regular expressions; a slash in front of one does not count.',
    default: 'false: `*` and `?` in such a path are wildcards, and one without any means Prefix',
    example: 'true',
  },
} as const satisfies Readonly<Record<string, IngressRow>>
