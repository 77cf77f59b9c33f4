// The JSON of `actions.NAME`: what a backend with the port `use-annotation` does with requests.
import { z } from 'zod'
import type { Parsed } from '../../../../src/api/annotations.ts'
import { quotas } from '../../limits.ts'
import type { FixedResponseAction, RedirectAction } from '../../model/application.ts'
import { type Forms, readJson } from '../json.ts'

/** One place of a forward action: a Service of the namespace of the Ingress, or a target group that somebody else made. */
export type ActionTarget = { readonly weight: number } & (
  | { readonly service: string; readonly port: number | string }
  | { readonly arn: string }
)

export interface ForwardWish {
  readonly kind: 'forward'
  readonly targets: readonly ActionTarget[]
  readonly stickySeconds?: number
}

export type ActionWish = ForwardWish | RedirectAction | FixedResponseAction

/** A Service is always of the namespace of the Ingress. */
const serviceName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
const code = (pattern: RegExp) => z.union([z.string(), z.int()]).transform(String).pipe(z.string().regex(pattern))

const target = z
  .strictObject({
    serviceName: serviceName.optional(),
    servicePort: z.union([z.int().min(1).max(65_535), z.string().min(1)]).optional(),
    targetGroupARN: z.string().startsWith('arn:').optional(),
    weight: z.int().min(0).max(999).optional(),
  })
  .refine(each => (each.serviceName === undefined) !== (each.targetGroupARN === undefined), {
    message: 'needs serviceName or targetGroupARN, and not both',
  })
  .refine(each => each.serviceName === undefined || each.servicePort !== undefined, {
    message: 'has a serviceName and needs a servicePort',
  })

const schema = z.strictObject({
  type: z.enum(['forward', 'redirect', 'fixed-response']),
  targetGroupARN: z.string().startsWith('arn:').optional(),
  forwardConfig: z
    .strictObject({
      targetGroups: z.array(target).min(1).max(quotas.targetGroupsPerAction),
      targetGroupStickinessConfig: z
        .strictObject({ enabled: z.boolean().optional(), durationSeconds: z.int().min(1).max(604_800).optional() })
        .optional(),
    })
    .optional(),
  redirectConfig: z
    .strictObject({
      protocol: z.enum(['HTTP', 'HTTPS', '#{protocol}']).optional(),
      host: z.string().min(1).max(128).optional(),
      port: z.union([z.string(), z.int()]).optional(),
      path: z.string().startsWith('/').max(128).optional(),
      query: z.string().max(128).optional(),
      statusCode: code(/^(HTTP_)?30[12]$/),
    })
    .optional(),
  fixedResponseConfig: z
    .strictObject({
      statusCode: code(/^[245][0-9]{2}$/),
      contentType: z.enum(['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']).optional(),
      messageBody: z.string().max(1024).optional(),
    })
    .optional(),
})

const forms: Forms = {
  type: 'forward, redirect or fixed-response',
  targetGroupARN: 'the ARN of a target group',
  forwardConfig: 'a JSON object',
  targetGroups: `a list of 1 to ${quotas.targetGroupsPerAction} target groups`,
  serviceName: 'the name of a Service of the same namespace',
  servicePort: 'the number or name of a port',
  weight: 'a whole number from 0 to 999',
  targetGroupStickinessConfig: 'a JSON object',
  enabled: 'true or false',
  durationSeconds: 'a number of seconds from 1 to 604800',
  redirectConfig: 'a JSON object',
  protocol: 'HTTP, HTTPS or #{protocol}',
  host: 'a text of 1 to 128 characters',
  port: 'a port from 1 to 65535, or #{port}',
  path: 'a path of at most 128 characters that begins with a slash',
  query: 'a text of at most 128 characters',
  statusCode: 'HTTP_301 or HTTP_302 of a redirect, 2XX, 4XX or 5XX of a fixed response',
  fixedResponseConfig: 'a JSON object',
  contentType: 'text/plain, text/css, text/html, application/javascript or application/json',
  messageBody: 'a text of at most 1024 characters',
}

type Written = z.infer<typeof schema>

export function parseAction(text: string): Parsed<ActionWish> {
  const parsed = readJson(text, schema, forms)
  if ('error' in parsed) return parsed
  const { type } = parsed.value
  if (type === 'forward') return forward(parsed.value)
  return type === 'redirect' ? redirect(parsed.value) : fixedResponse(parsed.value)
}

function forward({ forwardConfig, targetGroupARN }: Written): Parsed<ForwardWish> {
  if (targetGroupARN !== undefined && forwardConfig !== undefined) return { error: 'has targetGroupARN and forwardConfig' }
  if (targetGroupARN !== undefined) return { value: { kind: 'forward', targets: [{ arn: targetGroupARN, weight: 1 }] } }
  if (!forwardConfig) return { error: 'is a forward action and needs a forwardConfig' }
  const targets = forwardConfig.targetGroups.map(
    ({ serviceName: name, servicePort, targetGroupARN: arn, weight = 1 }): ActionTarget =>
      arn === undefined ? { service: name ?? '', port: servicePort ?? 0, weight } : { arn, weight },
  )
  const places = targets.map(each => ('arn' in each ? each.arn : `${each.service}:${each.port}`))
  const twice = places.find((place, index) => places.indexOf(place) !== index)
  if (twice !== undefined) return { error: `${twice} is named twice` }
  const { enabled = false, durationSeconds } = forwardConfig.targetGroupStickinessConfig ?? {}
  if (enabled && durationSeconds === undefined) return { error: 'keeps clients with a target group and needs durationSeconds' }
  return {
    value: { kind: 'forward', targets, ...(enabled && durationSeconds !== undefined ? { stickySeconds: durationSeconds } : {}) },
  }
}

function redirect({ redirectConfig }: Written): Parsed<RedirectAction> {
  if (!redirectConfig) return { error: 'is a redirect and needs a redirectConfig' }
  const { protocol = '#{protocol}', host = '#{host}', path = '/#{path}', query = '#{query}', statusCode } = redirectConfig
  const port = String(redirectConfig.port ?? '#{port}')
  if (port !== '#{port}' && !(/^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    return { error: `redirectConfig.port must be ${forms['port']}` }
  if (protocol === '#{protocol}' && host === '#{host}' && path === '/#{path}' && port === '#{port}')
    return { error: 'redirects to where the request was: protocol, host, port or path must change' }
  return {
    value: { kind: 'redirect', protocol, host, port, path, query, status: statusCode.endsWith('301') ? 301 : 302 },
  }
}

function fixedResponse({ fixedResponseConfig }: Written): Parsed<FixedResponseAction> {
  if (!fixedResponseConfig) return { error: 'is a fixed response and needs a fixedResponseConfig' }
  const { statusCode, contentType, messageBody } = fixedResponseConfig
  return {
    value: {
      kind: 'fixed-response',
      status: statusCode,
      ...(contentType === undefined ? {} : { contentType }),
      ...(messageBody === undefined ? {} : { body: messageBody }),
    },
  }
}
