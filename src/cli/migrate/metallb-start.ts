// How MetalLB was started, as the arguments of its Deployment and DaemonSet say. Pure.
import { otherControllers } from '../../model/other-controllers.ts'
import type { ReadDeployment } from './aws-lbc-objects.ts'

export interface MetallbStart {
  /** Values of --lb-class, sorted; none: it serves Services without a class. */
  readonly classes: readonly string[]
}

/** Known by its image, or by its name and namespace where that is a mirror's. Undefined: not among what was read. */
export function startOf(workloads: readonly ReadDeployment[]): MetallbStart | undefined {
  const own = workloads.filter(isMetallb)
  if (own.length === 0) return undefined
  const classes = own.flatMap(({ spec }) =>
    spec.template.spec.containers.flatMap(({ command, args }) => lbClassesIn([...(command ?? []), ...(args ?? [])])),
  )
  return { classes: [...new Set(classes)].toSorted() }
}

function isMetallb({ kind, metadata, spec }: ReadDeployment): boolean {
  return (
    spec.template.spec.containers.some(({ image }) => /(?:^|\/)metallb(?:[/:@-]|$)/.test(image ?? '')) ||
    otherControllers.MetalLB.workloads.some(
      each =>
        each.kind === (kind ?? each.kind) && each.namespace === (metadata.namespace ?? 'default') && each.name === metadata.name,
    )
  )
}

/** Go takes one dash as well as two, and the value after `=` or as the next item. An empty one is none. */
function lbClassesIn(items: readonly string[]): readonly string[] {
  return items.flatMap((item, index) => {
    const [, value = items[index + 1]] = /^--?lb-class(?:=(.*))?$/.exec(item) ?? [undefined, '']
    return value === undefined || value === '' ? [] : [value]
  })
}
