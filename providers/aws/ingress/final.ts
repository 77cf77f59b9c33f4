// What a class lets nobody change, neither Ingresses nor the Services behind them. Pure.
import type { IngressSettingName } from '../../../src/api/aws-ingress-class.ts'
import { sharedSettings } from '../../../src/api/aws-ingress-class.ts'
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import { ingressRow } from '../annotations/ingress/read.ts'

/** Names of the settings that a class makes final. */
export function finalOf({ spec }: LoadBalancerClass): ReadonlySet<string> {
  return new Set([
    ...(spec.aws?.ingress?.final ?? []),
    ...(spec.aws?.final ?? []).filter(name => sharedSettings.some(shared => shared === name)),
  ])
}

/** The annotations that may be there, and the keys of those that may not. */
export function withoutFinal(
  annotations: Readonly<Record<string, string>>,
  final: ReadonlySet<string>,
): { readonly allowed: Readonly<Record<string, string>>; readonly refused: readonly string[] } {
  const isFinal = (key: string) => {
    const setting: IngressSettingName | undefined = ingressRow(key)?.setting
    return setting !== undefined && final.has(setting)
  }
  const entries = Object.entries(annotations)
  return {
    allowed: Object.fromEntries(entries.filter(([key]) => !isFinal(key))),
    refused: entries.flatMap(([key]) => (isFinal(key) ? [key] : [])),
  }
}
