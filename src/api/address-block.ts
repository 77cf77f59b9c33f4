// AddressBlock: 256 neighbouring addresses with their owners; the only place where an address is given.
import { z } from 'zod'
import type { KindDefinition, ObjectOf } from './kind.ts'

/** One address that is given. */
export const allocationSchema = z.object({
  pool: z.string().describe('The pool the address was given from.'),
  since: z.string().meta({ format: 'date-time' }),
  owners: z
    .array(z.object({ uid: z.string(), namespace: z.string(), name: z.string() }))
    .min(1)
    .describe('The Services that hold the address; several when they share it.'),
})

export type Allocation = z.infer<typeof allocationSchema>

/**
 * A block is an aligned run of 256 addresses (an IPv4 /24, an IPv6 /120), whatever pools cover it, and is named after its
 * first address (`blockName`). Every change is a compare-and-swap on its resourceVersion, so two writers can never give one
 * address twice, not even from overlapping pools.
 */
export const addressBlock = {
  kind: 'AddressBlock',
  plural: 'addressblocks',
  singular: 'addressblock',
  shortNames: [],
  scope: 'Cluster',
  description: 'Internal: which addresses of a run of 256 are given, and to whom. Written by the controller only.',
  statusSubresource: false,
  schema: z.object({
    spec: z.object({
      base: z.string().describe('The first address of the block.'),
      bitmap: z
        .string()
        .length(64)
        .regex(/^[0-9a-f]{64}$/)
        .describe('256 bits as hexadecimal; bit i (most significant first) is set while base+i is given.'),
      allocations: z.record(z.string(), allocationSchema).describe('By offset in the block (0 to 255, decimal).'),
    }),
  }),
  columns: [
    { name: 'Base', type: 'string', jsonPath: '.spec.base' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [{ at: 'spec', rule: 'self.base == oldSelf.base', message: 'base cannot change' }],
} as const satisfies KindDefinition

export type AddressBlock = ObjectOf<typeof addressBlock>
