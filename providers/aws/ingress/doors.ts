// Who may connect to which port of the load balancer of a group. Pure.
import type { ListenPort } from '../annotations/ingress/listen-ports.ts'
import { frontendRules } from '../model/security-group-rules.ts'
import type { OwnRule } from '../model/security-group-rules.ts'
import type { SecurityGroupSettings } from '../settings/aws-settings.ts'
import type { AskedValues, Served } from './asked.ts'

/** A port with those whose rules stand there. */
export interface Port extends ListenPort {
  readonly members: readonly Served[]
}

/** The value that the first member to have one asks for. */
export type Picker = <Name extends keyof AskedValues>(name: Name) => AskedValues[Name] | undefined

/** Each port has the sources of those who stand there. */
export function doors(
  served: readonly Served[],
  ports: readonly Port[],
  { dualstack, pick }: { readonly dualstack: boolean; readonly pick: Picker },
): { readonly securityGroups: SecurityGroupSettings; readonly rules: readonly OwnRule[] } {
  const given = pick('securityGroups')
  const manage = pick('manageBackendSecurityGroupRules')
  if (given) return { securityGroups: { kind: 'given', named: given, manageBackendRules: manage ?? false }, rules: [] }
  const prefixLists = pick('prefixLists') ?? []
  const everyone = dualstack ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0']
  const doorOf = ({ members }: Pick<Port, 'members'>): Extract<SecurityGroupSettings, { readonly kind: 'managed' }> => {
    const asked = members.find(({ settings }) => settings.values.inboundCidrs !== undefined)?.settings.values.inboundCidrs ?? []
    const isOpen = asked.length === 0 && prefixLists.length === 0
    return {
      kind: 'managed',
      sources: isOpen ? everyone : asked,
      isOpen,
      prefixLists,
      pathMtuIcmp: false,
      manageBackendRules: manage ?? true,
    }
  }
  return { securityGroups: doorOf({ members: served }), rules: ports.flatMap(port => frontendRules(doorOf(port), [port])) }
}
