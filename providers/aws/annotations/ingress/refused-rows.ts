// Rows of annotations that are known and refused for now: what they ask for would silently be missing.
import { notSupported } from '../readers.ts'
import type { IngressRow } from './row.ts'

const refused = (what: string, harmless?: string) =>
  ({
    parse: notSupported(what, harmless),
    scope: 'balancer',
    doc: harmless === undefined ? 'Not supported yet: refused.' : `Not supported yet: refused unless \`${harmless}\`.`,
    default: harmless ?? 'none',
    reason: 'UnsupportedAnnotation',
  }) as const

export const refusedRows = {
  'waf-acl-id': { ...refused('WAF classic is', 'none'), sets: 'wafClassic' },
  'web-acl-id': { ...refused('WAF classic is', 'none'), sets: 'wafClassicToo' },
  'shield-advanced-protection': { ...refused('Shield is', 'false'), sets: 'shield' },
  'mutual-authentication': { ...refused('trust stores and client certificates are'), sets: 'mutualAuthentication' },
  'create-acm-cert': { ...refused('to request certificates of ACM is', 'false'), sets: 'requestCertificate' },
  'acm-pca-arn': { ...refused('to request certificates of ACM is'), sets: 'privateAuthority' },
  'multi-cluster-target-group': { ...refused('target groups of several clusters are', 'false'), sets: 'multiCluster' },
  'enable-frontend-nlb': { ...refused('a Network Load Balancer in front is', 'false'), sets: 'frontendNlb' },
} as const satisfies Readonly<Record<string, IngressRow>>

/** Beginnings of further keys that only mean something with what is refused above. */
export const refusedBeginnings: readonly { readonly beginning: string; readonly what: string }[] = [
  { beginning: 'frontend-nlb-', what: 'a Network Load Balancer in front is' },
  { beginning: 'target-control-port.', what: 'target control is' },
]
