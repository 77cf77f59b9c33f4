// Which rule of an Application Load Balancer takes a request: conditions and priorities as the user guide defines them.
import type { Rule, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { inCidr } from '../addressing.ts'
import type { Reading } from './values.ts'
import { anyHolds, readings } from './values.ts'

/** A request as it arrives. Names of headers in any case; the Host header is `host`. */
export type Request = {
  /** The Host header or :authority as the client sent it, with the port if it sent one. */
  readonly host: string
  /** Path and query as they stand in the request line. */
  readonly target: string
  readonly method?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** The address of the connection, whatever X-Forwarded-For says ("Source IP address conditions"). */
  readonly source?: string
}

/**
 * The rule for a request: of those whose conditions all hold the one with the lowest priority, else the default rule ("Listener
 * rules", rule priority). Throws when the answer depends on what the guide leaves open about regular expressions: rules that
 * are meant to be sure must not.
 */
export function chooseRule(rules: readonly Rule[], request: Request): Rule {
  const [first, ...others] = readings.map(reading => chooseBy(rules, request, reading))
  if (!first) throw new Error('a listener has a default rule')
  const differs = others.find(other => other !== first)
  if (differs)
    throw new Error(
      `${request.host}${request.target} goes to rule ${first.Priority} or ${differs.Priority}, as regular expressions are read`,
    )
  return first
}

function chooseBy(rules: readonly Rule[], request: Request, reading: Reading): Rule | undefined {
  const sorted = rules.toSorted((one, other) => priorityOf(one) - priorityOf(other))
  return sorted.find(
    ({ IsDefault, Conditions }) => IsDefault === true || (Conditions ?? []).every(each => holds(each, request, reading)),
  )
}

function priorityOf({ Priority, IsDefault }: Rule): number {
  return IsDefault === true ? Number.POSITIVE_INFINITY : Number(Priority)
}

/** "Condition types for listener rules". Of several values of one condition, one is enough. */
function holds(condition: RuleCondition, request: Request, reading: Reading): boolean {
  const [path, query] = splitTarget(request.target)
  switch (condition.Field) {
    case 'host-header': {
      const { Values: plain = condition.Values, RegexValues: regex = condition.RegexValues } = condition.HostHeaderConfig ?? {}
      return anyHolds({ plain, regex }, request.host, { foldsCase: true, reading })
    }
    case 'path-pattern': {
      const { Values: plain = condition.Values, RegexValues: regex = condition.RegexValues } = condition.PathPatternConfig ?? {}
      return anyHolds({ plain, regex }, path, { foldsCase: false, reading })
    }
    case 'http-header': {
      const { HttpHeaderName: name = '', Values: plain, RegexValues: regex } = condition.HttpHeaderConfig ?? {}
      const given = (request.headers ?? []).filter(([each]) => each.toLowerCase() === name.toLowerCase())
      return given.some(([, value]) => anyHolds({ plain, regex }, value, { foldsCase: true, reading }))
    }
    case 'http-request-method':
      return condition.HttpRequestMethodConfig?.Values?.includes(request.method ?? 'GET') ?? false
    case 'query-string':
      return (condition.QueryStringConfig?.Values ?? []).some(({ Key, Value }) =>
        pairsOf(query).some(
          ([key, value]) =>
            (Key === undefined || anyHolds({ plain: [Key] }, key, { foldsCase: true, reading })) &&
            anyHolds({ plain: [Value ?? ''] }, value, { foldsCase: true, reading }),
        ),
      )
    case 'source-ip':
      return (condition.SourceIpConfig?.Values ?? []).some(cidr => inCidr(request.source ?? '203.0.113.9', cidr))
    case undefined:
    default:
      throw new Error(`conditions on ${condition.Field} are not known`)
  }
}

/** A fragment is not sent; the query is no part of the path. */
function splitTarget(target: string): readonly [path: string, query: string | undefined] {
  const at = target.indexOf('?')
  return at < 0 ? [target, undefined] : [target.slice(0, at), target.slice(at + 1)]
}

function pairsOf(query = ''): readonly (readonly [key: string, value: string])[] {
  return query
    .split('&')
    .filter(pair => pair !== '')
    .map(pair => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    })
}
