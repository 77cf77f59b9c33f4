// Announcement: one address, the nodes that may announce it in order, and the node that does.
import { z } from 'zod'
import type { KindDefinition, ObjectOf } from './kind.ts'

export const announcement = {
  kind: 'Announcement',
  plural: 'announcements',
  singular: 'announcement',
  shortNames: ['ann'],
  scope: 'Cluster',
  description: 'Internal: who announces an address. The controller plans spec.nodes; the announcing agent writes status.',
  statusSubresource: true,
  schema: z.object({
    spec: z.object({
      address: z.string().describe('The announced address.'),
      pool: z.string(),
      services: z
        .array(z.object({ uid: z.string(), namespace: z.string(), name: z.string() }))
        .min(1)
        .describe('The Services at this address.'),
      nodes: z.array(z.string()).max(8).describe('Candidates in order; the first one alive announces while nobody else does.'),
      interfaces: z.array(z.string()).optional().describe('Only these interfaces, by rule of the pool.'),
    }),
    status: z
      .object({
        epoch: z.int().min(0).describe('Grows by one with each takeover; the higher epoch wins.'),
        node: z.string().describe('The node that announces the address. Empty: nobody does.'),
        interface: z.string().optional(),
        mac: z.string().optional(),
        since: z.string().meta({ format: 'date-time' }).optional(),
        reason: z.string().optional().describe('Why nobody announces, or why the last move happened.'),
      })
      .optional(),
  }),
  columns: [
    { name: 'Address', type: 'string', jsonPath: '.spec.address' },
    { name: 'Service', type: 'string', jsonPath: '.spec.services[0].name' },
    { name: 'Node', type: 'string', jsonPath: '.status.node' },
    { name: 'Interface', type: 'string', jsonPath: '.status.interface' },
    { name: 'MAC', type: 'string', jsonPath: '.status.mac' },
    { name: 'Since', type: 'date', jsonPath: '.status.since' },
    { name: 'Candidates', type: 'string', jsonPath: '.spec.nodes', priority: 1 },
    { name: 'Epoch', type: 'integer', jsonPath: '.status.epoch', priority: 1 },
  ],
  rules: [{ at: 'spec', rule: 'self.address == oldSelf.address', message: 'address cannot change' }],
} as const satisfies KindDefinition

export type Announcement = ObjectOf<typeof announcement>
