// One value per setting: what an annotation says, else what the class says, unless the class says that it is final. Pure.
import type { AwsDefaults } from '../../../src/api/aws-class.ts'
import type { Problem, TargetType } from '../../../src/model/load-balancer.ts'
import { ownAwsAnnotations, serviceAnnotations } from '../annotations.ts'
import type { Forward } from '../annotations/forward.ts'
import type { AwsRow } from '../annotations/row.ts'
import { readSuffixed, suffixedSetting } from '../annotations/suffixed.ts'
import { unknownAnnotations } from '../annotations/unknown.ts'
import { tagProblem } from '../model/ownership.ts'
import { blocks, warns } from '../model/problems.ts'
import type { Attributes } from './aws-settings.ts'
import type { Wish } from './wish.ts'

type Maps = 'attributes' | 'targetGroupAttributes' | 'listenerAttributes' | 'tags'

/** Every setting with one value. What is absent has the default that docs/aws.md tells. */
export type Values = Omit<AwsDefaults, Maps> & {
  readonly targets: TargetType
  readonly name?: string
  readonly group?: string
  readonly adopt?: string
  readonly deletionPolicy: 'delete' | 'retain'
  readonly allowInterruption: boolean
  readonly attributes: Attributes
  readonly targetGroupAttributes: Attributes
  /** By port of the Service; go before those of all. */
  readonly targetGroupAttributesByPort: ReadonlyMap<string, Attributes>
  readonly listenerAttributes: Attributes
  /** By `TCP-80`, as the listener is. */
  readonly listenerAttributesByListener: ReadonlyMap<string, Attributes>
  readonly forwardByListener: ReadonlyMap<string, Forward>
  readonly tags: Readonly<Record<string, string>>
}

export function resolveValues(wish: Wish): { readonly values: Values; readonly problems: readonly Problem[] } {
  const fromClass = wish.class.spec.aws ?? {}
  const { allowed, problems: refused } = withoutFinal(wish)
  const service = serviceAnnotations.parse(allowed)
  const own = ownAwsAnnotations.parse(allowed)
  const suffixed = readSuffixed(allowed)
  const tags = joinTags(fromClass.tags ?? {}, service.values.tags ?? {}, fromClass.externalManagedTags ?? [])
  const {
    scheme = service.values.internal === undefined ? undefined : service.values.internal ? 'internal' : 'internet-facing',
    backend,
    name,
  } = service.values
  const { group, adopt, deletionPolicy = 'delete', allowInterruption = false } = own.values
  const values: Values = {
    ...classDefaults(fromClass),
    ...annotated(service.values),
    ...(scheme === undefined ? {} : { scheme }),
    ...(backend === undefined ? {} : { backendProtocol: backend === 'ssl' ? 'ssl' : 'tcp' }),
    ...(own.values.nodesWithEndpointsOnly === undefined ? {} : { nodesWithEndpointsOnly: own.values.nodesWithEndpointsOnly }),
    ...(name === undefined ? {} : { name }),
    ...(group === undefined ? {} : { group }),
    ...(adopt === undefined ? {} : { adopt }),
    targets: targetsOf(wish.targetType, service.values),
    deletionPolicy,
    allowInterruption,
    attributes: { ...fromClass.attributes, ...service.values.attributes, ...olderAttributes(service.values) },
    targetGroupAttributes: { ...fromClass.targetGroupAttributes, ...service.values.targetGroupAttributes },
    targetGroupAttributesByPort: suffixed.values.targetGroupAttributesByPort,
    listenerAttributes: fromClass.listenerAttributes ?? {},
    listenerAttributesByListener: suffixed.values.listenerAttributesByListener,
    forwardByListener: suffixed.values.forwardByListener,
    tags: tags.tags,
  }
  const mistakes = [...service.mistakes, ...own.mistakes, ...suffixed.mistakes, ...unknownAnnotations(allowed)]
  return {
    values,
    problems: [
      ...refused,
      ...mistakes.map(({ reason, message, remedy, severity }) => ({ reason, message, remedy, severity })),
      ...tags.problems,
    ],
  }
}

type ServiceValues = ReturnType<typeof serviceAnnotations.parse>['values']

/** The settings of the class that are maps are joined with those of annotations, the others are replaced. */
function classDefaults(fromClass: AwsDefaults): Omit<AwsDefaults, Maps> {
  const { attributes: _, targetGroupAttributes: __, listenerAttributes: ___, tags: ____, ...others } = fromClass
  return others
}

/** The annotations whose value is that of a setting as it stands. */
function annotated(values: ServiceValues): Omit<AwsDefaults, Maps> {
  const {
    sourceRangesText: _1,
    type: _2,
    targetType: _3,
    name: _4,
    internal: _5,
    backend: _6,
    attributes: _7,
    targetGroupAttributes: _8,
    tags: _9,
    accessLogEnabled: _10,
    accessLogBucket: _11,
    accessLogPrefix: _12,
    crossZone: _13,
    multiCluster: _14,
    quic: _15,
    ...others
  } = values
  return others
}

/** `nlb-target-type` goes before what `type` says, that before the class. */
function targetsOf(ofClass: TargetType, { type, targetType }: ServiceValues): TargetType {
  const asked = targetType ?? (type === 'nlb-ip' ? 'ip' : undefined)
  return asked === undefined ? ofClass : asked === 'ip' ? 'Pod' : 'Node'
}

function olderAttributes(values: ServiceValues): Attributes {
  const { accessLogEnabled, accessLogBucket, accessLogPrefix, crossZone } = values
  return {
    ...(accessLogEnabled === undefined ? {} : { 'access_logs.s3.enabled': String(accessLogEnabled) }),
    ...(accessLogBucket === undefined ? {} : { 'access_logs.s3.bucket': accessLogBucket }),
    ...(accessLogPrefix === undefined ? {} : { 'access_logs.s3.prefix': accessLogPrefix }),
    ...(crossZone === undefined ? {} : { 'load_balancing.cross_zone.enabled': String(crossZone) }),
  }
}

/** The annotations a Service of this class may have, and a problem for each that it may not. */
function withoutFinal(wish: Wish): { readonly allowed: Readonly<Record<string, string>>; readonly problems: readonly Problem[] } {
  const final: ReadonlySet<string> = new Set(wish.class.spec.aws?.final ?? [])
  const allowed: Record<string, string> = {}
  const refused: string[] = []
  for (const [key, value] of Object.entries(wish.annotations)) {
    const setting = settingOf(key)
    if (setting !== undefined && final.has(setting)) refused.push(key)
    else allowed[key] = value
  }
  if (wish.sourceRanges.length > 0 && final.has('sourceRanges') && !refused.some(isSourceRanges)) {
    refused.push('spec.loadBalancerSourceRanges')
  }
  const name = wish.class.metadata.name
  return {
    allowed,
    problems: refused.map(key =>
      blocks('SettingIsFinal', `${key} may not be set: class ${name} does not let Services change it.`),
    ),
  }
}

function isSourceRanges(key: string): boolean {
  return key.endsWith('/load-balancer-source-ranges')
}

/** The setting that a key is about, whether or not it has a suffix. */
function settingOf(key: string): string | undefined {
  for (const { prefix, rows } of [serviceAnnotations, ownAwsAnnotations] as const) {
    if (!key.startsWith(prefix)) continue
    const row: AwsRow | undefined = Object.entries<AwsRow>(rows).find(([name]) => prefix + name === key)?.[1]
    if (row) return row.setting
  }
  return suffixedSetting(key)
}

/** Tags of the class go before those of the Service; marks of ownership and tags that others manage belong to neither. */
function joinTags(
  ofClass: Readonly<Record<string, string>>,
  ofService: Readonly<Record<string, string>>,
  externallyManaged: readonly string[],
): { readonly tags: Readonly<Record<string, string>>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  for (const [key, value] of Object.entries(ofService)) {
    const said = ofClass[key]
    if (said !== undefined && said !== value) {
      const message = `the tag ${key}=${value} is not set: the class has ${key}=${said}.`
      problems.push(warns('SettingWithoutEffect', message, 'Remove the tag from the annotation.'))
    }
  }
  const tags = { ...ofService, ...ofClass }
  for (const [key, value] of Object.entries(tags)) {
    const problem = tagProblem(key, value, externallyManaged)
    if (problem !== undefined) problems.push(blocks('InvalidSettings', `The tag ${key} ${problem}.`, 'Remove or rename the tag.'))
  }
  return { tags, problems }
}
