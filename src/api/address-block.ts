// AddressBlock: 256 neighbouring addresses with their owners; the only place where an address is given.
import { z } from 'zod'
import { macAddress, namespaceName, objectName, serviceReference } from './common-schemas.ts'
import { kindNames } from './kind-names.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'

/** One address that is given. */
export const allocationSchema = z.object({
  pool: objectName.describe('The pool the address was given from.'),
  since: z.string().meta({ format: 'date-time' }),
  owners: z.array(serviceReference).min(1).max(64).describe('The Services that hold the address; several when they share it.'),
  sharing: z
    .string()
    .max(1024)
    .exactOptional()
    .describe('The key under which further Services may join. Absent: the owner shares with nobody.'),
})

export type Allocation = z.infer<typeof allocationSchema>

/** One address that nobody has and that is not free for all. */
export const reservationSchema = z.object({
  pool: objectName.describe('The pool the address was given from last.'),
  until: z.string().meta({ format: 'date-time' }),
  for: z
    .object({ namespace: namespaceName, name: namespaceName })
    .exactOptional()
    .describe('Kept for a Service of this name (keepFor of the pool); nobody else gets it.'),
  mac: macAddress
    .exactOptional()
    .describe('Set aside, because a station with this MAC, none of ours, has the address; given only to who asks for it.'),
})

export type Reservation = z.infer<typeof reservationSchema>

/**
 * A block is an aligned run of 256 addresses (an IPv4 /24, an IPv6 /120), whatever pools cover it, and is named after its
 * first address (`blockName`). Every change is a compare-and-swap on its resourceVersion, so two writers can never give one
 * address twice, not even from overlapping pools.
 */
export const addressBlock = {
  ...kindNames.addressBlock,
  singular: 'addressblock',
  shortNames: [],
  description: 'Internal: which addresses of a run of 256 are given, and to whom. Written by the controller only.',
  statusSubresource: false,
  schema: z.object({
    spec: z.object({
      base: z.string().max(39).describe('The first address of the block.'),
      bitmap: z
        .string()
        .length(64)
        .regex(/^[0-9a-f]{64}$/)
        .describe('256 bits as hexadecimal; bit i (most significant first) is set while base+i is given or reserved.'),
      allocations: z
        .record(z.string(), allocationSchema)
        .meta({ maxProperties: 256, 'x-kubernetes-map-type': 'atomic' })
        .describe('By offset in the block (0 to 255, decimal).'),
      reserved: z
        .record(z.string(), reservationSchema)
        .meta({ maxProperties: 256, 'x-kubernetes-map-type': 'atomic' })
        .exactOptional()
        .describe('Addresses that nobody has and that are not free for all, by offset. Their bits are set.'),
    }),
  }),
  columns: [
    { name: 'Base', type: 'string', jsonPath: '.spec.base' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [
    { at: 'spec', rule: 'self.base == oldSelf.base', message: 'base cannot change' },
    {
      at: 'spec.base',
      rule: "isIP(self) && ip.isCanonical(self) && (ip(self).family() == 6 || self.endsWith('.0'))",
      message: 'must be the first address of a block of 256, in canonical form',
    },
    {
      at: '',
      rule: "self.metadata.name == 'ipv4-' + self.spec.base.replace('.', '-') || self.spec.base.contains(':') && self.metadata.name.matches('^ipv6-[0-9a-f]{30}00$')",
      message: 'the name must be that of the base',
    },
    {
      at: 'spec',
      rule: "self.allocations.all(offset, offset.matches('^([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$'))",
      message: 'offsets go from 0 to 255',
    },
    {
      at: 'spec.reserved',
      rule: "self.all(offset, offset.matches('^([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$'))",
      message: 'offsets go from 0 to 255',
    },
  ],
} as const satisfies KindDefinition

export type AddressBlock = ObjectOf<typeof addressBlock>
