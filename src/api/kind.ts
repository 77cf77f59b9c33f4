// How a kind of ours is described once: schema, scope, columns and rules, from which types and the CRD are made.
import type { z } from 'zod'

/**
 * A rule the API server enforces (CEL). `at` is the part it stands on: '' for the object itself, `spec`, `spec.addresses[]`
 * for each item of a list, `spec.allocations{}` for each value of a map.
 */
export interface CelRule {
  readonly at: string
  readonly rule: string
  readonly message: string
}

/** One column of `kubectl get`. `priority` 1 shows only with `-o wide`. */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'date'
  readonly jsonPath: string
  readonly description?: string
  readonly priority?: 1
}

/** Everything the CRD of a kind is generated from. */
export interface KindDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly scope: 'Cluster' | 'Namespaced'
  readonly description: string
  /** The object's own top-level fields (`spec`, `status`, or others). */
  readonly schema: z.ZodObject<Shape>
  /** Whether `status` is a subresource, written apart from the rest. */
  readonly statusSubresource: boolean
  readonly columns: readonly Column[]
  readonly rules: readonly CelRule[]
}

/** The metadata every object of ours carries once it is in the API server. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  /** Whoever it goes with (metav1.OwnerReference). */
  readonly ownerReferences?: readonly {
    readonly apiVersion: string
    readonly kind: string
    readonly name: string
    readonly uid: string
  }[]
}

/** An object of a kind as the API server gives it: metadata and the schema's fields. */
export type ObjectOf<Definition extends KindDefinition> = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
} & z.infer<Definition['schema']>
