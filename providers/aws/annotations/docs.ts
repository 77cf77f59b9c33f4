// docs/aws.md: every annotation the aws provider knows and the setting of the class that goes with it, from the rows that read them.
import { type AwsDefaults, awsClassSchema } from '../../../src/api/aws-class.ts'
import { classicKeys, ownAwsAnnotations, serviceAnnotations, servicePrefix, suffixRows } from '../annotations.ts'
import { code, table } from './markdown.ts'
import type { AwsRow } from './row.ts'

/** The whole page. */
export function awsReference(): string {
  const rows = [
    ...keyRows(servicePrefix, serviceAnnotations.rows),
    ...Object.entries(suffixRows).map(([name, row]) => keyRow(`${servicePrefix}${name}.${row.suffix}`, row)),
    ...keyRows(ownAwsAnnotations.prefix, ownAwsAnnotations.rows),
  ]
  const classic = Object.entries(classicKeys).map(([key, remedy]) => [code(servicePrefix + key), remedy])
  return `${[
    '# Services on AWS',
    '<!-- Generated from providers/aws by npm run generate. -->',
    'A Service of a class with `provider: aws` gets a Network Load Balancer. What it is like is said, in this order, by annotations of the Service, by `spec.aws` of its LoadBalancerClass, and by the defaults below. The keys are those of AWS Load Balancer Controller with the same meaning, so manifests move over by their class alone.',
    'Maps (attributes, tags, labels) are joined key by key. A setting that the class lists in `final` cannot be annotated: such a Service is refused with the reason `SettingIsFinal`. A value that cannot be read keeps everything as it is (`InvalidAnnotation`); a key that is unknown warns and names the nearest one that is known.',
    '## Annotations',
    table(['Annotation', 'Meaning', 'Default', 'Setting of the class', 'Example'], rows),
    '## Annotations without a meaning here',
    'Keys that Classic Load Balancers had. They warn and do nothing.',
    table(['Annotation', 'Instead'], classic),
  ].join('\n\n')}\n`
}

function keyRows(prefix: string, rows: Readonly<Record<string, AwsRow>>): readonly (readonly string[])[] {
  return Object.entries(rows).map(([name, row]) => keyRow(prefix + name, row))
}

function keyRow(key: string, row: AwsRow): readonly string[] {
  return [code(key), row.doc, row.default, settingText(row.setting), row.example === undefined ? '' : code(row.example)]
}

/** `spec.aws.scheme`; those that only Services can have stand only in `final`. */
function settingText(setting: AwsRow['setting']): string {
  if (setting === undefined) return ''
  if (setting === 'targets') return code('spec.targets')
  return isDefault(setting) ? code(`spec.aws.${setting}`) : `only ${code('final')}: ${code(setting)}`
}

function isDefault(setting: string): setting is keyof AwsDefaults {
  return setting in awsClassSchema.shape
}
