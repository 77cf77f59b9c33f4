// What the newest Pod of a list is doing, for a rollout that does not end: kubectl logs of a workload may pick the Pod it replaces.
import { z } from 'zod'

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), creationTimestamp: z.string() }),
      spec: z.object({ nodeName: z.string().optional() }),
      status: z.object({
        phase: z.string(),
        conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).optional(),
        containerStatuses: z
          .array(
            z.object({
              state: z.object({ waiting: z.object({ reason: z.string(), message: z.string().optional() }).optional() }),
            }),
          )
          .optional(),
      }),
    }),
  ),
})

/** Name and state of the Pod of a PodList that was made last, as "web-7f9 is Pending on n1: ContainerCreating"; undefined for none. */
export function newestPod(list: unknown): { readonly name: string; readonly words: string } | undefined {
  const [pod] = podList
    .parse(list)
    .items.toSorted((one, other) => Date.parse(other.metadata.creationTimestamp) - Date.parse(one.metadata.creationTimestamp))
  if (!pod) return undefined
  const { name } = pod.metadata
  const { phase, conditions, containerStatuses } = pod.status
  const where = pod.spec.nodeName === undefined ? 'on no node yet' : `on ${pod.spec.nodeName}`
  const waiting = containerStatuses?.flatMap(({ state }) => state.waiting ?? [])[0]
  const unscheduled = conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')?.message
  // Before its kubelet has told anything: a node that is dead and not yet known to be.
  const silent = phase === 'Pending' && pod.spec.nodeName !== undefined ? 'its kubelet has said nothing of it' : undefined
  const why = [waiting?.reason, waiting?.message].filter(Boolean).join(', ') || (unscheduled ?? silent)
  return { name, words: `${name} is ${phase} ${where}${why === undefined ? '' : `: ${why}`}.` }
}
