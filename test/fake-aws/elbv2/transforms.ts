// Transforms of rules: rewriting host and URL (API_RuleTransform).
import type { RuleTransform } from '@aws-sdk/client-elastic-load-balancing-v2'
import { awsError, invalid } from '../errors.ts'
import type { LoadBalancerType } from '../records.ts'
import { checkRegex } from './conditions.ts'
import { checkOneOf } from './names.ts'

const longest = 1024

/** Checks the transforms of a rule: at most one of each kind, each with one rewrite. */
export function checkTransforms(type: LoadBalancerType, given: readonly RuleTransform[] | undefined): readonly RuleTransform[] {
  const transforms = given ?? []
  if (transforms.length > 0 && type === 'network')
    throw awsError('InvalidConfigurationRequest', 'A network load balancer has no transforms')
  if (new Set(transforms.map(transform => transform.Type)).size < transforms.length)
    throw invalid('A rule can have one transform of each type')
  for (const transform of transforms) {
    checkOneOf('type', transform.Type, ['host-header-rewrite', 'url-rewrite'])
    const host = transform.Type === 'host-header-rewrite'
    const [own, other] = host
      ? [transform.HostHeaderRewriteConfig, transform.UrlRewriteConfig]
      : [transform.UrlRewriteConfig, transform.HostHeaderRewriteConfig]
    if (other !== undefined) throw invalid(`A transform of type '${transform.Type}' has the configuration of another type`)
    const rewrites = own?.Rewrites ?? []
    if (rewrites.length !== 1) throw invalid(`A transform of type '${transform.Type}' must have one rewrite`)
    for (const { Regex = '', Replace = '' } of rewrites) {
      checkRegex(Regex, longest)
      if (Replace.length > longest) throw invalid(`A replacement cannot be longer than ${longest} characters`)
    }
  }
  return transforms
}
