// In which region and VPC to work: from the class, else the environment, else the instance the controller runs on.
import type { AwsClass } from '../../../src/api/aws-class.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { InstanceMetadata } from './instance-metadata.ts'

export interface Location {
  readonly region: string
  readonly vpcId: string
}

/** Names of variables, the first one that is set counts. */
const variables = { region: ['AWS_REGION', 'AWS_DEFAULT_REGION'], vpcId: ['WEIR_AWS_VPC_ID'] } as const

/**
 * Rejects with a ProviderError NotConfigured that says what was asked where; it is worth trying again later. The instance is
 * asked only for what nobody says, and not at all when AWS_EC2_METADATA_DISABLED is true.
 */
export async function discoverLocation(
  sources: {
    readonly class: Pick<AwsClass, 'region' | 'vpcId'>
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly metadata: InstanceMetadata
  },
  signal: AbortSignal,
): Promise<Location> {
  const { environment, metadata } = sources
  const fromEnvironment = (names: readonly string[]) =>
    names.map(name => environment[name]).find(value => value !== undefined && value !== '')
  const ask = async (what: string, read: () => Promise<string | undefined>): Promise<string> => {
    if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true')
      throw notConfigured(what, 'instance metadata is disabled')
    try {
      const found = await read()
      if (found !== undefined && found !== '') return found
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw notConfigured(what, error instanceof Error ? error.message : String(error), error)
    }
    throw notConfigured(what, 'the instance does not tell')
  }
  const region =
    sources.class.region ??
    fromEnvironment(variables.region) ??
    (await ask('region', () => metadata.get('placement/region', signal)))
  const vpcId =
    sources.class.vpcId ?? fromEnvironment(variables.vpcId) ?? (await ask('VPC', () => vpcOfInstance(metadata, signal)))
  return { region, vpcId }
}

/** That of the first network interface. */
async function vpcOfInstance(metadata: InstanceMetadata, signal: AbortSignal): Promise<string | undefined> {
  const mac = await metadata.get('mac', signal)
  return mac === undefined ? undefined : metadata.get(`network/interfaces/macs/${mac}/vpc-id`, signal)
}

function notConfigured(what: string, why: string, cause?: unknown): ProviderError {
  const [field, names] = what === 'region' ? ['region', variables.region] : ['vpcId', variables.vpcId]
  return new ProviderError({
    code: 'NotConfigured',
    message: `The ${what} is not known: neither the class nor ${names.join(' nor ')} say it, and instance metadata cannot tell (${why}).`,
    remedy: `Set spec.aws.${field} of the class.`,
    retry: 'later',
    cause,
  })
}
