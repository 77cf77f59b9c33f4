// Conditions of rules (API_RuleCondition and the types it names; "Condition types for listener rules", ALB guide).
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { parseCidr } from '../addressing.ts'
import type { Call } from '../call.ts'
import { invalid } from '../errors.ts'
import type { LoadBalancerType } from '../records.ts'

/** One kind of condition: where its values stand and what they may be. */
type ConditionRow = {
  readonly config: keyof RuleCondition
  /** Whether a rule may have several of them. */
  readonly several: boolean
  /** Whether values may be regular expressions. */
  readonly regex: boolean
  /** Whether `*` and `?` are wildcards. */
  readonly wildcards: boolean
  readonly check: (value: string) => string | undefined
}

const longest = 128
const short = (value: string) =>
  value.length >= 1 && value.length <= longest ? undefined : `must have 1 to ${longest} characters`
const matching = (pattern: RegExp, rule: string) => (value: string) => short(value) ?? (pattern.test(value) ? undefined : rule)

const rows: Readonly<Record<string, ConditionRow>> = {
  'host-header': {
    config: 'HostHeaderConfig',
    several: false,
    regex: true,
    wildcards: true,
    check: matching(/^[A-Za-z0-9.*?-]*\.[A-Za-z*?]+$/, 'must be a host name with a point, letters, digits, -, * and ?'),
  },
  'path-pattern': {
    config: 'PathPatternConfig',
    several: false,
    regex: true,
    wildcards: true,
    check: matching(/^[A-Za-z0-9_\-.$/~"'@:+&*?]+$/, 'has a character that is not allowed'),
  },
  'http-header': { config: 'HttpHeaderConfig', several: true, regex: true, wildcards: true, check: short },
  'http-request-method': {
    config: 'HttpRequestMethodConfig',
    several: false,
    regex: false,
    wildcards: false,
    check: value => (/^[A-Z\-_]{1,40}$/.test(value) ? undefined : 'must be 1 to 40 upper-case letters, hyphens or underscores'),
  },
  'query-string': { config: 'QueryStringConfig', several: true, regex: false, wildcards: true, check: short },
  'source-ip': {
    config: 'SourceIpConfig',
    several: false,
    regex: false,
    wildcards: false,
    check: value => (parseCidr(value) ? undefined : 'must be a CIDR block'),
  },
}

/** Checks conditions and gives them as they are described. Throws ValidationError. */
export function checkConditions(
  call: Call,
  type: LoadBalancerType,
  given: readonly RuleCondition[] | undefined,
): readonly RuleCondition[] {
  const conditions = given ?? []
  if (conditions.length === 0) throw invalid('At least one condition must be specified')
  const complete = conditions.map(condition =>
    type === 'network' ? networkCondition(condition) : applicationCondition(condition),
  )
  for (const [field, row] of Object.entries(rows)) {
    if (!row.several && conditions.filter(condition => condition.Field === field).length > 1) {
      throw invalid(`A rule can only have one '${field}' condition`)
    }
  }
  const values = complete.flatMap(valuesOf)
  const { conditionValuesPerRule, wildcardsPerRule } = call.settings.quotas
  if (values.length > conditionValuesPerRule) throw invalid(`A rule can only have '${conditionValuesPerRule}' condition values`)
  const wildcards = complete.filter(condition => rows[condition.Field ?? '']?.wildcards).flatMap(plainValues)
  const count = wildcards.join('').replace(/[^*?]/g, '').length
  if (count > wildcardsPerRule) throw invalid(`A rule can only have '${wildcardsPerRule}' condition wildcards`)
  return complete
}

/** A Network Load Balancer tells only the address families of clients apart (API_RuleCondition, source-ip). */
function networkCondition(condition: RuleCondition): RuleCondition {
  const config = condition.SourceIpConfig
  if (condition.Field !== 'source-ip' || config?.Values?.length || !['ipv4', 'ipv6'].includes(config?.IpAddressType ?? '')) {
    throw invalid('A rule of a network load balancer has a source-ip condition with an IP address type')
  }
  return condition
}

function applicationCondition(condition: RuleCondition): RuleCondition {
  const field = condition.Field ?? ''
  const row = rows[field]
  if (!row) throw invalid(`Condition field '${field}' must be one of '[${Object.keys(rows).join(', ')}]'`)
  for (const [other, { config }] of Object.entries(rows)) {
    if (other !== field && condition[config] !== undefined)
      throw invalid(`You cannot provide '${config}' for a condition of type '${field}'`)
  }
  const named = condition[row.config] !== undefined
  const legacy = condition.Values?.length ?? 0
  if (legacy > 0 && named) throw invalid(`You cannot provide both Values and '${row.config}' for a condition of type '${field}'`)
  if (legacy > 0 && field !== 'host-header' && field !== 'path-pattern')
    throw invalid(`You cannot provide Values for a condition of type '${field}'`)
  const complete = withBoth(condition, field)
  checkValues(complete, field, row)
  return complete
}

/** Hosts and paths are described both ways, whichever was used. */
function withBoth(condition: RuleCondition, field: string): RuleCondition {
  if (field !== 'host-header' && field !== 'path-pattern') return condition
  const config = field === 'host-header' ? condition.HostHeaderConfig : condition.PathPatternConfig
  const values = condition.Values?.length ? condition.Values : (config?.Values ?? [])
  const regex = condition.RegexValues?.length ? condition.RegexValues : (config?.RegexValues ?? [])
  const both = { ...(values.length > 0 ? { Values: values } : {}), ...(regex.length > 0 ? { RegexValues: regex } : {}) }
  return { Field: field, ...both, ...(field === 'host-header' ? { HostHeaderConfig: both } : { PathPatternConfig: both }) }
}

function checkValues(condition: RuleCondition, field: string, row: ConditionRow): void {
  const [plain, regex] = [plainValues(condition), regexValues(condition)]
  if (plain.length + regex.length === 0) throw invalid(`A condition of type '${field}' must have at least one value`)
  if (regex.length > 0 && !row.regex) throw invalid(`A condition of type '${field}' cannot have regular expressions`)
  if (regex.length > 0 && plain.length > 0)
    throw invalid(`A condition of type '${field}' has either values or regular expressions`)
  for (const value of plain) {
    const wrong = row.check(value)
    if (wrong) throw invalid(`Condition value '${value}' of type '${field}' ${wrong}`)
  }
  for (const value of regex) checkRegex(value, longest)
  const header = condition.HttpHeaderConfig?.HttpHeaderName
  if (field !== 'http-header') return
  if (header === undefined || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/.test(header))
    throw invalid(`HTTP header name '${header}' is not valid`)
  if (header.toLowerCase() === 'host') throw invalid('Use a host-header condition for the host header')
}

/**
 * "Condition types for listener rules", condition basics: what the regular expressions of rules do not have. Looking around, what
 * refers back, atomic groups, possessive quantifiers, subroutines and recursion, and classes of Unicode.
 */
const unsupported = /\(\?(?:=|!|<=|<!|>|R|[0-9+&])|\\[1-9]|\\k<|[*+?}]\+|\\[pPX]/

/** Throws ValidationError for an expression that is too long, does not parse or asks for more than rules have. */
export function checkRegex(source: string, length: number): void {
  if (source.length < 1 || source.length > length)
    throw invalid(`The regular expression '${source}' must have 1 to ${length} characters`)
  if (unsupported.test(source)) throw invalid(`The regular expression '${source}' uses what is not supported`)
  try {
    // oxlint-disable-next-line no-new
    new RegExp(source)
  } catch {
    throw invalid(`The regular expression '${source}' is not valid`)
  }
}

function plainValues(condition: RuleCondition): readonly string[] {
  if (condition.Values?.length) return condition.Values
  const pairs = condition.QueryStringConfig?.Values ?? []
  return [
    ...(condition.HttpHeaderConfig?.Values ?? []),
    ...(condition.HttpRequestMethodConfig?.Values ?? []),
    ...(condition.SourceIpConfig?.Values ?? []),
    ...pairs.map(pair => `${pair.Key ?? ''}${pair.Value ?? ''}`),
  ]
}

function regexValues(condition: RuleCondition): readonly string[] {
  return condition.RegexValues?.length ? condition.RegexValues : (condition.HttpHeaderConfig?.RegexValues ?? [])
}

function valuesOf(condition: RuleCondition): readonly string[] {
  return [...plainValues(condition), ...regexValues(condition)]
}
