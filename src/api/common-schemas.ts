// Pieces that several kinds share: names, conditions, label selectors. What only an API server reads stands in `meta`.
import { z } from 'zod'

/** A name of an object: DNS subdomain. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)

/** A name of a namespace: DNS label. */
export const namespaceName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)

/** A name of a network interface, as the kernel takes it (dev_valid_name). */
export const interfaceName = z
  .string()
  .max(15)
  .regex(/^[^/:\s]+$/)

/** A hardware address in lower case; empty for interfaces that have none. */
export const macAddress = z
  .string()
  .max(59)
  .regex(/^(([0-9a-f]{2}:)*[0-9a-f]{2})?$/)

/** An optional domain before a slash and a name, as label keys and load-balancer classes have it. */
export const qualifiedName = z
  .string()
  .max(317)
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/)

/** A value of a label; may be empty. */
const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/)

/** The owner of an address. */
export const serviceReference = z.object({ uid: z.string().max(128), namespace: namespaceName, name: namespaceName })

/** A condition as Kubernetes defines it (metav1.Condition). */
export const conditionSchema = z
  .object({
    type: z.string().max(316),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string().max(1024),
    message: z.string().max(32768),
    lastTransitionTime: z.string().meta({ format: 'date-time' }),
    observedGeneration: z.int().min(0).exactOptional(),
  })
  .readonly()

export type Condition = z.infer<typeof conditionSchema>

/** The conditions of an object, one per type. */
export const conditionsSchema = z
  .array(conditionSchema)
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })

/** A label selector with the meaning of metav1.LabelSelector; an empty one selects everything. */
export const labelSelectorSchema = z
  .object({
    matchLabels: z.record(z.string(), labelValue).meta({ maxProperties: 64 }).exactOptional(),
    matchExpressions: z
      .array(
        z
          .object({
            key: qualifiedName,
            operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
            values: z.array(labelValue).max(64).exactOptional(),
          })
          .meta({
            'x-kubernetes-validations': [
              {
                rule: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",
                message: 'the operators In and NotIn need values',
              },
              {
                rule: "self.operator in ['In', 'NotIn'] || !has(self.values) || size(self.values) == 0",
                message: 'the operators Exists and DoesNotExist take no values',
              },
            ],
          }),
      )
      .max(32)
      .exactOptional(),
  })
  .readonly()

export type LabelSelector = z.infer<typeof labelSelectorSchema>
