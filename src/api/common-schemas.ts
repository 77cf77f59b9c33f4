// Pieces that several kinds share: conditions, label selectors.
import { z } from 'zod'

/** A condition as Kubernetes defines it (metav1.Condition). */
export const conditionSchema = z
  .object({
    type: z.string().max(316),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string().max(1024),
    message: z.string().max(32768),
    lastTransitionTime: z.string().meta({ format: 'date-time' }),
    observedGeneration: z.int().min(0).optional(),
  })
  .readonly()

export type Condition = z.infer<typeof conditionSchema>

/** A label selector with the meaning of metav1.LabelSelector; an empty one selects everything. */
export const labelSelectorSchema = z
  .object({
    matchLabels: z.record(z.string(), z.string()).optional(),
    matchExpressions: z
      .array(
        z.object({
          key: z.string(),
          operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
          values: z.array(z.string()).optional(),
        }),
      )
      .optional(),
  })
  .readonly()

export type LabelSelector = z.infer<typeof labelSelectorSchema>
