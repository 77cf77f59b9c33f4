// NodeReport: what an agent found on its node, written on change.
import { z } from 'zod'
import { conditionsSchema, macAddress, namespaceName, objectName } from './common-schemas.ts'
import { kindNames } from './kind-names.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'

export const nodeInterfaceSchema = z.object({
  name: z.string().max(15),
  index: z.int().min(0),
  mac: macAddress,
  carrier: z.boolean(),
  mtu: z.int().min(0).exactOptional(),
  addresses: z.array(z.string().max(43)).max(256).describe('Addresses with prefix length, as 10.201.0.11/16.'),
})

export const nodeGatewaySchema = z.object({
  envoys: z.int().min(0).describe('How many Envoys are connected to the agent.'),
  held: z
    .array(z.object({ namespace: namespaceName, name: objectName, message: z.string().max(1024) }))
    .max(256)
    .describe('Ingresses whose last change an Envoy refused; what was served before goes on.'),
  trouble: z.string().max(1024).exactOptional().describe('A configuration was refused, and no Ingress is to blame.'),
})

export type NodeInterface = z.infer<typeof nodeInterfaceSchema>

export const nodeReport = {
  ...kindNames.nodeReport,
  singular: 'nodereport',
  shortNames: [],
  description: 'Internal: the interfaces and abilities of a node, named after it and written by its agent on change.',
  statusSubresource: false,
  schema: z.object({
    spec: z.object({
      interfaces: z.array(nodeInterfaceSchema).max(4096),
      version: z.string().max(256).describe('Version of the agent.'),
      conditions: conditionsSchema.exactOptional(),
      gateway: nodeGatewaySchema.exactOptional().describe('What serves Ingresses on this node; absent where nothing does.'),
    }),
  }),
  columns: [
    { name: 'Interface', type: 'string', jsonPath: '.spec.interfaces[?(@.carrier==true)].name' },
    { name: 'Version', type: 'string', jsonPath: '.spec.version' },
    { name: 'Ready', type: 'string', jsonPath: '.spec.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.spec.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [],
} as const satisfies KindDefinition

export type NodeReport = ObjectOf<typeof nodeReport>
