// What is said of one annotation of Ingresses: how it is read, whom it is for, which setting of the class goes with it.
import type { AnnotationRow } from '../../../../src/api/annotations.ts'
import type { IngressSettingName } from '../../../../src/api/aws-ingress-class.ts'

/**
 * Whom an annotation is for. `balancer`: the whole load balancer, so members of a group must agree. `merged`: the same, put
 * together over the group. `listener`: the listeners of the Ingress. `targets`: the target groups of the Ingress, or of one
 * Service when it stands there, which goes before. `rules`: the rules of the Ingress, or those that lead to the Service.
 */
export type Scope = 'group' | 'balancer' | 'merged' | 'listener' | 'targets' | 'rules'

export interface IngressRow extends AnnotationRow {
  readonly scope: Scope
  /** The setting of the class that goes with it, by which a class makes it final; absent: only an annotation can say it. */
  readonly setting?: IngressSettingName
  /** What holds without the annotation, if the class does not say otherwise. */
  readonly default: string
}

/** A key that ends in what it is for: `actions.NAME`, `listener-attributes.HTTP-80`. */
export interface IngressSuffixRow extends IngressRow {
  readonly suffix: 'NAME' | 'PROTO-PORT' | 'SERVICE.PORT'
}
