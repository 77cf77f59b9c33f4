// What an IngressReport says of certificates whose Secrets are in order, missing, or spoilt.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { ingress as written, modelOf } from '../model/routing/examples-under-test.ts'
import { secretKey } from '../model/ingress-group.ts'
import type { SecretRef, SecretState } from '../model/ingress-group.ts'
import { memberContent } from './ingress-findings.ts'
import { certificateSecrets } from './ingress-references.ts'

const lan: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'lan' },
  spec: { provider: 'local', targets: 'Pod', default: false },
}
const host = 'shop.example.com'
const ingress = written({
  name: 'shop',
  day: 1,
  rules: { [host]: { 'Prefix /': 'web' } },
  tls: [{ hosts: [host], secretName: 'shop-tls' }],
})
const ref: SecretRef = { kind: 'tls', namespace: 'default', name: 'shop-tls' }
const problem = {
  reason: 'SecretNotFound',
  message: 'There is no Secret default/shop-tls.',
  remedy: '',
  severity: 'blocks',
} as const
const good = { fingerprint: 'ab' }

test.each([
  ['usable', { good }, 'InEffect'],
  ['missing', { problem }, 'Unavailable'],
  ['spoilt since, while what it held is still served', { good, problem }, 'InEffect'],
  ['not looked at yet', undefined, 'InEffect'],
] as const)('the certificate of a Secret that is %s', (_, known, state) => {
  const secrets = new Map<string, SecretState>(
    known ? [[secretKey(ref), { ref, ...known, content: () => Promise.resolve(undefined) }]] : [],
  )
  const content = memberContent(
    { ingress, decision: { kind: 'refused', ingressClass: 'web', problem }, secrets: certificateSecrets(ingress) },
    {
      ingressClass: 'web',
      class: lan,
      provider: { name: 'local' },
      group: { kind: 'IngressGroup', class: 'lan', namespace: 'weir-system', name: 'g', uid: '' },
    },
    { model: modelOf([ingress]), secrets },
    { id: { namespace: 'default', name: 'shop', uid: 'uid-shop' }, problems: [] },
    { readiness: { ready: true, reason: 'Serving', message: '' }, member: undefined },
  )
  expect(content.status?.certificates).toEqual([{ host, secret: 'shop-tls', state }])
})
