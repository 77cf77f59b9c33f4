// spec.takeOver of a LoadBalancerClass: whose Services and Ingresses its aliases stand for, and where to see whether that controller still runs.
import { z } from 'zod'
import { namespaceName, objectName, qualifiedName } from './common-schemas.ts'

/** Controllers whose usual places are known. `Nobody`: the alias is a name of ours alone. */
export const knownControllers = ['AWSLoadBalancerController', 'IngressNginx', 'MetalLB', 'Nobody'] as const

export type KnownController = (typeof knownControllers)[number]

const lease = z.object({ namespace: namespaceName, name: objectName })
const workload = z.object({ kind: z.enum(['Deployment', 'DaemonSet']), namespace: namespaceName, name: objectName })

export type LeaseRef = z.infer<typeof lease>
export type WorkloadRef = z.infer<typeof workload>

export const takeOverSchema = z
  .array(
    z.object({
      alias: qualifiedName
        .exactOptional()
        .describe('Which of the aliases. Absent: Services without a class, of a class that is the default.'),
      from: z
        .enum(knownControllers)
        .exactOptional()
        .describe(
          'Who served it before. Absent: told by the alias where that is well known. Nobody: the alias is active at once.',
        ),
      leases: z
        .array(lease)
        .min(1)
        .max(4)
        .exactOptional()
        .describe('Leases of that controller, where they are not the usual ones.'),
      workloads: z
        .array(workload)
        .min(1)
        .max(8)
        .exactOptional()
        .describe('All that it runs as, where that is not as usual. One that is named here and not there counts as gone.'),
    }),
  )
  .max(17)
  .describe(
    'Where to see whether the controller that served an alias still runs: the alias is active once it is gone (docs/take-over.md).',
  )

export type TakeOverEntry = z.infer<typeof takeOverSchema>[number]
