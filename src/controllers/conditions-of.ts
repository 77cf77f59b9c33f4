// Conditions as the API core takes them.
import type { Condition } from '../kubernetes/conditions.ts'

/** The conditions of an object's status; what the schema calls possibly undefined is simply absent. */
export function conditionsOf(object: {
  readonly status?: { readonly conditions?: readonly LooseCondition[] | undefined } | undefined
}): readonly Condition[] | undefined {
  // Values that came as JSON have no undefined in them.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return object.status?.conditions as readonly Condition[] | undefined
}

type LooseCondition = Omit<Condition, 'observedGeneration'> & { readonly observedGeneration?: number | undefined }
