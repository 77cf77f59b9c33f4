// The rules for names and ARNs of Elastic Load Balancing.
import { invalid } from '../errors.ts'

/**
 * Checks the name of a load balancer or target group: at most 32 letters, digits and hyphens, none at the ends.
 * Source: API_CreateLoadBalancer and API_CreateTargetGroup, parameter Name.
 */
export function checkName(kind: 'load balancer' | 'target group', name: string): void {
  if (name.length === 0) throw invalid(`The ${kind} name cannot be empty`)
  if (name.length > 32) throw invalid(`The ${kind} name '${name}' cannot be longer than '32' characters`)
  if (!/^[A-Za-z0-9-]+$/.test(name)) throw invalid(`The ${kind} name '${name}' can only contain letters, digits and hyphens`)
  if (name.startsWith('-') || name.endsWith('-')) throw invalid(`The ${kind} name '${name}' cannot begin or end with a hyphen`)
  if (kind === 'load balancer' && name.startsWith('internal-'))
    throw invalid(`The ${kind} name '${name}' cannot begin with 'internal-'`)
}

const arnPaths = {
  'load balancer': /:loadbalancer\/(net|app)\/[^/]+\/[0-9a-f]+$/,
  'target group': /:targetgroup\/[^/]+\/[0-9a-f]+$/,
  listener: /:listener\/(net|app)\/[^/]+\/[0-9a-f]+\/[0-9a-f]+$/,
  rule: /:listener-rule\/(net|app)\/[^/]+\/[0-9a-f]+\/[0-9a-f]+\/[0-9a-f]+$/,
} as const

export type ArnKind = keyof typeof arnPaths

const arnKinds: readonly ArnKind[] = ['load balancer', 'target group', 'listener', 'rule']

/** Throws ValidationError when `arn` cannot be the ARN of that kind of resource. */
export function checkArn(kind: ArnKind, arn: string): void {
  if (!arn.startsWith('arn:aws') || !arnPaths[kind].test(arn)) throw invalid(`'${arn}' is not a valid ${kind} ARN`)
}

/** The kind of resource an ARN names; undefined for none of Elastic Load Balancing's. */
export function kindOfArn(arn: string): ArnKind | undefined {
  return arnKinds.find(kind => arnPaths[kind].test(arn))
}

/** Throws ValidationError unless `value` is one of `allowed`. */
export function checkOneOf(parameter: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw invalid(
    `1 validation error detected: Value '${value}' at '${parameter}' must satisfy enum value set: [${allowed.join(', ')}]`,
  )
}

/** Throws ValidationError unless `value` lies between `min` and `max`. */
export function checkRange(parameter: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return
  throw invalid(`1 validation error detected: Value '${value}' at '${parameter}' must be between ${min} and ${max}`)
}
