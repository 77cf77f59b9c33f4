// The JSON of `conditions.NAME` and `transforms.NAME`: what else a request must have, and how it is rewritten.
import { z } from 'zod'
import type { Parsed } from '../../../../src/api/annotations.ts'
import { parseCidr } from '../../../../src/model/address.ts'
import { longestConditionValue, quotas } from '../../limits.ts'
import type { RuleCondition, RuleTransform } from '../../model/application.ts'
import { type Forms, readJson } from '../json.ts'

const value = z.string().min(1).max(longestConditionValue)
const values = z.array(value).min(1).max(quotas.conditionValuesPerRule)
const either = z.strictObject({ values: values.optional(), regexValues: values.optional() })

const condition = z.strictObject({
  field: z.enum(['host-header', 'path-pattern', 'http-header', 'http-request-method', 'query-string', 'source-ip']),
  hostHeaderConfig: either.optional(),
  pathPatternConfig: either.optional(),
  httpHeaderConfig: z
    .strictObject({
      httpHeaderName: z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/),
      values: values.optional(),
      regexValues: values.optional(),
    })
    .optional(),
  httpRequestMethodConfig: z.strictObject({ values: z.array(z.string().regex(/^[A-Z_-]{1,40}$/)).min(1) }).optional(),
  queryStringConfig: z.strictObject({ values: z.array(z.strictObject({ key: value.optional(), value })).min(1) }).optional(),
  sourceIPConfig: z
    .strictObject({ values: z.array(z.string().refine(each => parseCidr(each) !== undefined, { message: 'is no CIDR' })).min(1) })
    .optional(),
})

const rewrites = z.strictObject({
  rewrites: z.array(z.strictObject({ regex: z.string().min(1).max(1024), replace: z.string().max(1024) })).length(1),
})
const transform = z.strictObject({
  type: z.enum(['url-rewrite', 'host-header-rewrite']),
  urlRewriteConfig: rewrites.optional(),
  hostHeaderRewriteConfig: rewrites.optional(),
})

const text = `a text of 1 to ${longestConditionValue} characters`
const forms: Forms = {
  field: 'host-header, path-pattern, http-header, http-request-method, query-string or source-ip',
  hostHeaderConfig: 'a JSON object',
  pathPatternConfig: 'a JSON object',
  httpHeaderConfig: 'a JSON object',
  httpHeaderName: 'the name of a header',
  httpRequestMethodConfig: 'a JSON object',
  queryStringConfig: 'a JSON object',
  sourceIPConfig: 'a JSON object',
  values: `a list of 1 to ${quotas.conditionValuesPerRule} values that fit the field`,
  regexValues: `a list of 1 to ${quotas.conditionValuesPerRule} regular expressions`,
  key: text,
  value: text,
  type: 'url-rewrite or host-header-rewrite',
  urlRewriteConfig: 'a JSON object',
  hostHeaderRewriteConfig: 'a JSON object',
  rewrites: 'a list of one rewrite',
  regex: 'a regular expression of at most 1024 characters',
  replace: 'a text of at most 1024 characters',
}

export function parseConditions(given: string): Parsed<readonly RuleCondition[]> {
  const parsed = readJson(given, z.array(condition).min(1), forms)
  if ('error' in parsed) return parsed
  const conditions: RuleCondition[] = []
  for (const [index, each] of parsed.value.entries()) {
    const read = conditionOf(each)
    if ('error' in read) return { error: `[${index}] ${read.error}` }
    conditions.push(read.value)
  }
  for (const field of ['host-header', 'path-pattern', 'http-request-method', 'source-ip'] as const)
    if (conditions.filter(each => each.field === field).length > 1) return { error: `has more than one condition of ${field}` }
  return { value: conditions }
}

function conditionOf(given: z.infer<typeof condition>): Parsed<RuleCondition> {
  const { field } = given
  const missing = { error: `is a condition of ${field} and lacks its configuration` }
  switch (field) {
    case 'host-header':
    case 'path-pattern': {
      const found = eitherOf(field === 'host-header' ? given.hostHeaderConfig : given.pathPatternConfig)
      return 'error' in found ? found : { value: { field, ...found } }
    }
    case 'http-header': {
      const header = given.httpHeaderConfig?.httpHeaderName
      const found = eitherOf(given.httpHeaderConfig)
      if (header?.toLowerCase() === 'host')
        return { error: 'is for the header Host, which has a condition of its own, host-header' }
      return 'error' in found || header === undefined
        ? 'error' in found
          ? found
          : missing
        : { value: { field, header, ...found } }
    }
    case 'http-request-method':
      return given.httpRequestMethodConfig ? { value: { field, values: given.httpRequestMethodConfig.values } } : missing
    case 'query-string':
      return given.queryStringConfig
        ? {
            value: {
              field,
              pairs: given.queryStringConfig.values.map(({ key, value: wanted }) => ({
                ...(key === undefined ? {} : { key }),
                value: wanted,
              })),
            },
          }
        : missing
    case 'source-ip':
      return given.sourceIPConfig ? { value: { field, cidrs: given.sourceIPConfig.values } } : missing
    default:
      return field satisfies never
  }
}

function eitherOf(
  config: { readonly values?: readonly string[] | undefined; readonly regexValues?: readonly string[] | undefined } | undefined,
): { readonly values: readonly string[]; readonly isRegex: boolean } | { readonly error: string } {
  const { values: plain, regexValues } = config ?? {}
  if (plain && regexValues) return { error: 'has values and regexValues; ALB takes one of the two' }
  if (!plain && !regexValues) return { error: 'needs values or regexValues' }
  for (const source of regexValues ?? [])
    if (!isRegex(source)) return { error: `has ${JSON.stringify(source)}, which is no regular expression` }
  return { values: plain ?? regexValues ?? [], isRegex: regexValues !== undefined }
}

export function parseTransforms(given: string): Parsed<readonly RuleTransform[]> {
  const parsed = readJson(given, z.array(transform).min(1).max(2), forms)
  if ('error' in parsed) return parsed
  const transforms: RuleTransform[] = []
  for (const [index, { type, urlRewriteConfig, hostHeaderRewriteConfig }] of parsed.value.entries()) {
    const [own, other] =
      type === 'url-rewrite' ? [urlRewriteConfig, hostHeaderRewriteConfig] : [hostHeaderRewriteConfig, urlRewriteConfig]
    const rewrite = own?.rewrites[0]
    if (!rewrite || other) return { error: `[${index}] is a ${type} and needs its own configuration, and no other` }
    if (!isRegex(rewrite.regex))
      return { error: `[${index}] has ${JSON.stringify(rewrite.regex)}, which is no regular expression` }
    if (transforms.some(({ kind }) => kind === type)) return { error: `has more than one ${type}` }
    transforms.push({ kind: type, ...rewrite })
  }
  return { value: transforms }
}

/** ALB knows less than JavaScript: no looking around, no references back ("Rule basics", ALB guide). */
export function isRegex(source: string): boolean {
  try {
    // oxlint-disable-next-line no-new
    new RegExp(source)
    return !/\(\?<?[=!]|\\[1-9]|\\p/i.test(source)
  } catch {
    return false
  }
}
