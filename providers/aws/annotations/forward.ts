// The JSON of `actions.PROTO-PORT`: how a listener shares connections among target groups.
import { z } from 'zod'
import type { Parsed } from '../../../src/api/annotations.ts'
import { type Forms, readJson } from './json.ts'

/** One place connections go to. */
export type ForwardTarget = { readonly weight: number } & (
  | { readonly to: 'own' }
  /** Another Service of the same namespace. */
  | { readonly to: 'service'; readonly name: string; readonly port: number | string }
  /** A target group that somebody else made. */
  | { readonly to: 'target-group'; readonly arn: string }
)

export interface Forward {
  readonly targets: readonly ForwardTarget[]
  /** Whether clients stay with the target group they were given. */
  readonly stickiness: boolean
}

/** All to the Service's own target group. */
export const onlyOwn: Forward = { targets: [{ to: 'own', weight: 1 }], stickiness: false }

const weight = z.int().min(0).max(999)
const target = z
  .strictObject({
    serviceName: z.string().min(1).optional(),
    servicePort: z.union([z.int().min(1).max(65_535), z.string().min(1)]).optional(),
    targetGroupARN: z.string().startsWith('arn:').optional(),
    weight: weight.optional(),
  })
  .refine(each => (each.serviceName === undefined) !== (each.targetGroupARN === undefined), {
    message: 'needs serviceName or targetGroupARN, and not both',
  })
  .refine(each => each.serviceName === undefined || each.servicePort !== undefined, {
    message: 'has a serviceName and needs a servicePort',
  })

/** At most five target groups per action (ELBv2 API, CreateListener), of which one is the Service's own. */
const action = z.strictObject({
  type: z.literal('forward'),
  forwardConfig: z.strictObject({
    baseServiceWeight: weight,
    targetGroups: z.array(target).max(4).default([]),
    targetGroupStickinessConfig: z
      .strictObject({ enabled: z.boolean().optional(), durationSeconds: z.int().optional() })
      .optional(),
  }),
})

/** Reads the annotation's value. */
export function parseForward(text: string): Parsed<Forward> {
  const parsed = readJson(text, action, forms)
  if ('error' in parsed) return parsed
  const { baseServiceWeight, targetGroups, targetGroupStickinessConfig } = parsed.value.forwardConfig
  if (targetGroups.length > 1 && targetGroups.some(each => each.weight === undefined))
    return { error: 'every target group needs a weight when there are several' }
  const places = targetGroups.map(each => each.targetGroupARN ?? `${each.serviceName}:${each.servicePort}`)
  const twice = places.find((place, index) => places.indexOf(place) !== index)
  if (twice !== undefined) return { error: `${twice} is named twice` }
  const others = targetGroups.map(
    ({ serviceName, servicePort, targetGroupARN, weight = 1 }): ForwardTarget =>
      targetGroupARN === undefined
        ? { to: 'service', name: serviceName ?? '', port: servicePort ?? 0, weight }
        : { to: 'target-group', arn: targetGroupARN, weight },
  )
  return {
    value: {
      targets: [{ to: 'own', weight: baseServiceWeight }, ...others],
      stickiness: targetGroupStickinessConfig?.enabled ?? false,
    },
  }
}

/** What each field holds. */
const forms: Forms = {
  type: '"forward"',
  forwardConfig: 'a JSON object',
  targetGroupStickinessConfig: 'a JSON object',
  baseServiceWeight: 'a whole number from 0 to 999',
  weight: 'a whole number from 0 to 999',
  targetGroups: 'a list of at most 4 target groups',
  serviceName: 'the name of a Service',
  servicePort: 'the number or name of a port',
  targetGroupARN: 'the ARN of a target group',
  enabled: 'true or false',
  durationSeconds: 'a whole number of seconds',
}
