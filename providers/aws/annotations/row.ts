// What is said of one annotation: how it is read, which setting of the class it makes, and what holds without it.
import type { AnnotationRow } from '../../../src/api/annotations.ts'
import type { AwsSettingName } from '../../../src/api/aws-class.ts'

/** One annotation. The value is of the type its setting has in the class. */
export interface AwsRow extends AnnotationRow {
  /** The setting it makes or is part of, by which a class makes it final; absent for those that are refused anyway. */
  readonly setting?: AwsSettingName
  /** What holds without the annotation, if the class does not say otherwise. */
  readonly default: string
}

/** A key that ends in what it is for: `…target-group-attributes.443`, `actions.TCP-80`. */
export interface SuffixRow extends AwsRow {
  readonly suffix: 'PORT' | 'PROTO-PORT'
}
