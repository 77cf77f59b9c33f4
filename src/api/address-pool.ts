// AddressPool: addresses the local provider may give, who may use them, and which nodes announce them.
import { z } from 'zod'
import { conditionsSchema, interfaceName, labelSelectorSchema, namespaceName } from './common-schemas.ts'
import { kindNames } from './kind-names.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'

export const layer2RuleSchema = z
  .object({
    nodeSelector: labelSelectorSchema.exactOptional().describe('Nodes that may announce. Absent: every node with an agent.'),
    preferredNodes: z
      .array(
        z.object({
          weight: z.int().min(1).max(100).describe('Added for each node that the selector selects.'),
          nodeSelector: labelSelectorSchema,
        }),
      )
      .max(16)
      .exactOptional()
      .describe(
        'Of the nodes that may announce, those with the greatest sum of weights come first when an address is placed or rebalanced. An address that another node has stays there.',
      ),
    interfaces: z
      .array(interfaceName)
      .max(16)
      .exactOptional()
      .describe('Interfaces to announce on. Absent: the one whose subnet holds the address.'),
    serviceSelector: labelSelectorSchema.exactOptional().describe('Services this rule is for. Absent: all.'),
  })
  .describe('Who announces by ARP and NDP on the LAN.')

export const addressPool = {
  ...kindNames.addressPool,
  singular: 'addresspool',
  shortNames: ['pool', 'pools'],
  description: 'Addresses for load balancers of the local provider.',
  statusSubresource: true,
  schema: z.object({
    spec: z.object({
      addresses: z
        .array(z.string().min(2).max(91))
        .min(1)
        .max(64)
        .meta({ 'x-kubernetes-list-type': 'set' })
        .describe('CIDRs (192.0.2.0/24), ranges (192.0.2.10-192.0.2.20) or single addresses; both families may be mixed.'),
      autoAssign: z
        .boolean()
        .default(true)
        .describe('Give addresses to Services that do not name this pool or an address of it.'),
      avoidBuggyIPs: z
        .boolean()
        .default(true)
        .describe(
          'Do not give IPv4 addresses that end in .0 or .255 by themselves: some client equipment drops them. They can still be requested.',
        ),
      allow: z
        .object({
          namespaces: z
            .array(namespaceName)
            .max(256)
            .meta({ 'x-kubernetes-list-type': 'set' })
            .exactOptional()
            .describe('Namespaces whose Services may use the pool.'),
          namespaceSelector: labelSelectorSchema
            .exactOptional()
            .describe('Further namespaces, by their labels. Without this and namespaces: all.'),
          serviceSelector: labelSelectorSchema.exactOptional().describe('Services that may use the pool. Absent: all.'),
        })
        .exactOptional()
        .describe('Who may use the pool.'),
      priority: z
        .int()
        .min(1)
        .max(1_000_000)
        .exactOptional()
        .describe(
          'Which pool is asked first by Services that name none: 1 before 2, those without a priority last. Of equals those with allow, then the oldest.',
        ),
      keepFor: z
        .string()
        .max(32)
        .exactOptional()
        .describe(
          'How long an address is kept for the name of a Service that was deleted, as 10m or 1h30m: made again in that time, it gets it back. Absent: not at all.',
        ),
      announce: z
        .object({ layer2: z.array(layer2RuleSchema).max(32).exactOptional() })
        .exactOptional()
        .describe('How addresses of the pool are announced; several rules unite. Absent: by every node with an agent.'),
    }),
    status: z
      .object({
        conditions: conditionsSchema.exactOptional(),
        observedGeneration: z.int().min(0).exactOptional(),
        total: z
          .string()
          .exactOptional()
          .describe('How many addresses the pool has, as a decimal number (an IPv6 pool may exceed an int64).'),
        used: z.int().min(0).exactOptional(),
        kept: z.int().min(0).exactOptional().describe('How many addresses are kept for Services that are gone (keepFor).'),
        rebalanced: z
          .string()
          .max(256)
          .exactOptional()
          .describe('Value of the annotation weir.dev/rebalance that was carried out last.'),
        free: z
          .string()
          .exactOptional()
          .describe(
            'How many addresses the pool can still give to Services that do not ask for a certain one, as a decimal number: without those of avoidBuggyIPs, of nodes, of strangers and those kept; 0 while the pool is not ready.',
          ),
      })
      .exactOptional(),
  }),
  columns: [
    { name: 'Addresses', type: 'string', jsonPath: '.spec.addresses' },
    { name: 'Used', type: 'integer', jsonPath: '.status.used' },
    { name: 'Free', type: 'string', jsonPath: '.status.free' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Kept', type: 'integer', jsonPath: '.status.kept', priority: 1 },
    { name: 'Auto', type: 'boolean', jsonPath: '.spec.autoAssign', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [
    {
      at: 'spec.keepFor',
      rule: "self.matches('^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$')",
      message:
        'must be a duration of whole hours, minutes and seconds in this order, as 10m, 24h or 1h30m (no days, no fractions)',
    },
    {
      at: 'spec.addresses[]',
      rule: "self.contains('/') ? isCIDR(self.trim()) : self.contains('-') ? self.split('-').size() == 2 && self.split('-').all(end, isIP(end.trim())) : isIP(self.trim())",
      message:
        'must be a CIDR (192.0.2.0/24), a range (192.0.2.10-192.0.2.20) or an address, without leading zeros, zones or IPv4-mapped IPv6',
    },
    {
      at: 'spec.addresses[]',
      rule: '!isCIDR(self.trim()) || cidr(self.trim()) == cidr(self.trim()).masked()',
      message: 'a CIDR must begin at the first address of its network: 192.0.2.0/24, not 192.0.2.5/24',
    },
    {
      at: 'spec.addresses[]',
      rule: "self.contains('/') || self.split('-').size() != 2 || !self.split('-').all(end, isIP(end.trim())) || ip(self.split('-')[0].trim()).family() == ip(self.split('-')[1].trim()).family()",
      message: 'both ends of a range must be of one family',
    },
  ],
} as const satisfies KindDefinition

export type AddressPool = ObjectOf<typeof addressPool>
