// Announcement: one address, the nodes that may announce it in order, and the node that does.
import { z } from 'zod'
import { interfaceName, macAddress, objectName, serviceReference } from './common-schemas.ts'
import { kindNames } from './kind-names.ts'
import { longestDrainSeconds, usualDrainSeconds } from './drain.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'

/** Heartbeats carry an epoch in 32 bits. With one takeover a second it is reached after 136 years. */
export const highestEpoch = 0xff_ff_ff_ff

/** As LoadBalancerClass says it. */
const targets = z.enum(['Node', 'Pod'])

export const announcement = {
  ...kindNames.announcement,
  singular: 'announcement',
  shortNames: ['ann'],
  description: 'Internal: who announces an address. The controller plans spec.nodes; the announcing agent writes status.',
  statusSubresource: true,
  schema: z.object({
    spec: z.object({
      address: z.string().max(39).describe('The announced address.'),
      pool: objectName,
      services: z
        .array(
          serviceReference.extend({
            targets: targets.exactOptional().describe('Where it is not what spec.targets says, for Services that share.'),
            drainSeconds: z
              .int()
              .min(0)
              .max(longestDrainSeconds)
              .exactOptional()
              .describe(
                `With targets Pod: how long open connections may go on with a pod that gets no new ones. Absent: ${usualDrainSeconds}.`,
              ),
          }),
        )
        .min(1)
        .max(64)
        .describe('The Services at this address.'),
      serviceNames: z.string().max(1024).exactOptional().describe('The same for people, as default/web, default/dns.'),
      nodes: z
        .array(objectName)
        .max(8)
        .meta({ 'x-kubernetes-list-type': 'set' })
        .describe('Candidates in order; the first one alive announces while nobody else does.'),
      interfaces: z.array(interfaceName).max(16).exactOptional().describe('Only these interfaces, by rule of the pool.'),
      nodeInterfaces: z
        .array(z.object({ node: objectName, interfaces: z.array(interfaceName).min(1).max(16) }))
        .max(8)
        .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['node'] })
        .exactOptional()
        .describe('Only these interfaces on these nodes, where rules of the pool differ from node to node.'),
      targets: targets
        .exactOptional()
        .describe(
          'Where traffic goes. Node or absent: through kube-proxy. Pod: straight to pods, by the data path of the agents.',
        ),
      fenced: z
        .boolean()
        .exactOptional()
        .describe('Some Service here has source ranges: candidates keep them in front of kube-proxy, whatever the targets.'),
      hashSeed: z
        .int()
        .min(0)
        .max(0xff_ff_ff_ff)
        .exactOptional()
        .describe('With targets Pod: what the hash of connections begins with, the same on all nodes and for good.'),
    }),
    status: z
      .object({
        epoch: z.int().min(0).max(highestEpoch).describe('Grows by one with each takeover; the higher epoch wins.'),
        term: z
          .int()
          .min(0)
          .exactOptional()
          .describe(
            'Set by the first claim, higher than that of any earlier Announcement of the address, where epochs began anew.',
          ),
        node: z.string().max(253).describe('The node that announces the address. Empty: nobody does.'),
        interface: z.string().max(15).exactOptional(),
        mac: macAddress.exactOptional(),
        since: z.string().meta({ format: 'date-time' }).exactOptional(),
        next: z
          .string()
          .max(253)
          .exactOptional()
          .describe(
            'The node that has the address when this one dies, as it was when that was written last. Absent: there is no other.',
          ),
        reason: z.string().max(1024).exactOptional().describe('Why nobody announces, or why the last move happened.'),
        conflict: z
          .object({ mac: macAddress, since: z.string().meta({ format: 'date-time' }) })
          .exactOptional()
          .describe('A station that is none of ours has the address, so nobody of us announces it.'),
        defended: z
          .object({ mac: macAddress, since: z.string().meta({ format: 'date-time' }) })
          .exactOptional()
          .describe(
            'The station that last used the address while it was announced here, and was told off. The address stayed; told at most every ten minutes, and gone an hour after the last time.',
          ),
        path: z
          .object({
            mode: z
              .enum(['direct', 'masquerade', 'local', 'kube-proxy'])
              .describe(
                'direct: each node with pods answers the client itself. masquerade: pods of other nodes see the address of this node. local: only pods of this node. kube-proxy: none of ours.',
              ),
            reason: z.string().max(64).exactOptional().describe('Why it is not direct, in one word, as OtherSegment.'),
            node: z.string().max(253).exactOptional().describe('The first node that stands in the way.'),
            message: z.string().max(1024).exactOptional().describe('What was found there and what to do about it.'),
          })
          .exactOptional()
          .describe('With targets Pod: how the node that announces hands packets to pods.'),
      })
      .exactOptional(),
  }),
  columns: [
    { name: 'Address', type: 'string', jsonPath: '.spec.address' },
    // A column shows one value, and of several the first only.
    { name: 'Services', type: 'string', jsonPath: '.spec.serviceNames' },
    { name: 'Node', type: 'string', jsonPath: '.status.node' },
    { name: 'Interface', type: 'string', jsonPath: '.status.interface' },
    { name: 'MAC', type: 'string', jsonPath: '.status.mac' },
    { name: 'Since', type: 'date', jsonPath: '.status.since' },
    { name: 'Next', type: 'string', jsonPath: '.status.next' },
    { name: 'Candidates', type: 'string', jsonPath: '.spec.nodes', priority: 1 },
    { name: 'Path', type: 'string', jsonPath: '.status.path.mode', priority: 1 },
    { name: 'Conflict', type: 'string', jsonPath: '.status.conflict.mac', priority: 1 },
    { name: 'Epoch', type: 'integer', jsonPath: '.status.epoch', priority: 1 },
  ],
  rules: [
    { at: 'spec', rule: 'self.address == oldSelf.address', message: 'address cannot change' },
    { at: 'spec.address', rule: 'isIP(self) && ip.isCanonical(self)', message: 'must be an address in canonical form' },
    {
      at: '',
      rule: "self.metadata.name == 'ip-' + self.spec.address.replace('.', '-') || self.spec.address.contains(':') && self.metadata.name.matches('^ip(-[0-9a-f]{4}){8}$')",
      message: 'the name must be that of the address',
    },
    { at: 'status', rule: 'self.epoch >= oldSelf.epoch', message: 'the epoch never goes back' },
    {
      at: 'status',
      rule: '!has(oldSelf.term) || has(self.term) && self.term == oldSelf.term',
      message: 'the term never changes',
    },
  ],
} as const satisfies KindDefinition

export type Announcement = ObjectOf<typeof announcement>
