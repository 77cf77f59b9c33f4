// Session affinity of a Service at AWS.
import { describe, expect, test } from 'vitest'
import { certificate, read, reasonsOf, settingsOf } from './settings-under-test.ts'

describe('session affinity', () => {
  const clientIp = (timeoutSeconds = 10_800) => ({ sessionAffinity: { timeoutSeconds } })

  test('becomes stickiness of the target group, unless the attributes say otherwise', () => {
    const sticky = { 'stickiness.enabled': 'true', 'stickiness.type': 'source_ip' }
    expect(settingsOf(clientIp()).targetGroups[0]?.attributes.asked).toEqual(sticky)
    const annotations = { 'target-group-attributes': 'stickiness.enabled=false' }
    expect(settingsOf({ ...clientIp(), annotations }).targetGroups[0]?.attributes.asked).toMatchObject({
      'stickiness.enabled': 'false',
    })
  })

  test('is told where AWS has none: TLS and timeouts', () => {
    const tls = read({ ...clientIp(), annotations: { 'ssl-cert': certificate } })
    expect(reasonsOf(tls.problems)).toEqual(['AffinityNotSupported'])
    expect(tls.settings.targetGroups[0]?.attributes.asked).toEqual({})
    expect(reasonsOf(read(clientIp(60)).problems)).toEqual(['AffinityNotSupported'])
  })
})
