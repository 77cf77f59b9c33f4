// The parts of MetalLB's objects that are read (metallb.io: IPAddressPool v1beta1, L2Advertisement v1beta1), loosely, as people wrote them.
import { z } from 'zod'

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
})

/** A label selector of metav1. */
const selector = z.object({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .optional(),
})

const selectors = z.array(selector).nullish()
const names = z.array(z.string()).nullish()

export const ipAddressPool = z.object({
  kind: z.literal('IPAddressPool'),
  metadata,
  spec: z.object({
    addresses: z.array(z.string()),
    autoAssign: z.boolean().nullish(),
    avoidBuggyIPs: z.boolean().nullish(),
    serviceAllocation: z
      .object({
        priority: z.number().nullish(),
        namespaces: names,
        namespaceSelectors: selectors,
        serviceSelectors: selectors,
      })
      .nullish(),
  }),
})

export const l2Advertisement = z.object({
  kind: z.literal('L2Advertisement'),
  metadata,
  spec: z
    .object({
      ipAddressPools: names,
      ipAddressPoolSelectors: selectors,
      nodeSelectors: selectors,
      interfaces: names,
      serviceSelectors: selectors,
      preferredNodeSelectors: z.array(z.object({ weight: z.number(), preference: selector })).nullish(),
    })
    .nullish(),
})

export const bgpAdvertisement = z.object({
  kind: z.literal('BGPAdvertisement'),
  metadata,
  spec: z.object({ ipAddressPools: names, ipAddressPoolSelectors: selectors }).nullish(),
})

/** Kinds for routers, which have no counterpart. */
export const routingKinds = ['BGPPeer', 'BGPAdvertisement', 'BFDProfile', 'Community'] as const

export type IpAddressPool = z.infer<typeof ipAddressPool>
export type L2Advertisement = z.infer<typeof l2Advertisement>
export type BgpAdvertisement = z.infer<typeof bgpAdvertisement>
export type Selector = z.infer<typeof selector>
