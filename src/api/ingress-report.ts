// IngressReport: what became of an Ingress, route by route, because the status of an Ingress has no room for it.
import { z } from 'zod'
import { conditionsSchema, namespaceName, objectName } from './common-schemas.ts'
import { kindNames, mostReportedRoutes } from './kind-names.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'

/** Hosts and paths of refused routes are told as they were written, and may hold anything. */
const written = z.string().max(1024)

const ingressName = z.object({ namespace: namespaceName, name: objectName })

export const reportedRouteSchema = z.object({
  host: written.describe('Empty: every host that no other route names.'),
  path: written.describe('Empty for the default backend.'),
  pathType: z
    .enum(['Exact', 'Prefix', 'Regex', 'Default', 'Invalid'])
    .describe('What the path means here; ImplementationSpecific is Prefix, or Regex where the Ingress asks for it.'),
  backend: z.string().max(400).describe('As service:port; empty when the route has none.'),
  state: z
    .enum(['InEffect', 'Shadowed', 'Unavailable', 'Refused'])
    .describe('Shadowed: another route has its place. Unavailable: it answers 503. Refused: it is left out.'),
  shadowedBy: ingressName.exactOptional().describe('The Ingress whose route has its place.'),
  reason: z.string().max(64).exactOptional().describe('Why it is not in effect.'),
})

export const reportedCertificateSchema = z.object({
  host: written.describe('Empty: clients that ask for no other host.'),
  secret: written,
  state: z
    .enum(['InEffect', 'Shadowed', 'Unavailable'])
    .describe('Shadowed: clients get that of another. Unavailable: its Secret is missing or cannot be used.'),
  shadowedBy: ingressName.exactOptional().describe('The Ingress whose certificate clients get.'),
})

export const ingressReport = {
  ...kindNames.ingressReport,
  singular: 'ingressreport',
  shortNames: ['ingr'],
  description:
    'What became of the Ingress of the same name: whether and where it is served, each of its routes, and what is in the way of those that are not in effect. Written by the controller only; spec is what it decided, and gateways serve the Ingresses that it names.',
  statusSubresource: false,
  schema: z.object({
    spec: z.object({
      ingressClass: z.string().max(253).exactOptional().describe('The IngressClass by which the Ingress was taken.'),
      class: objectName.exactOptional().describe('The LoadBalancerClass that serves it.'),
      provider: z.enum(['local', 'aws']).exactOptional().describe('Of that class.'),
      group: z
        .string()
        .max(317)
        .exactOptional()
        .describe(
          'The Ingresses that it is served with, by their name. With the provider local: the Service in weir-system that is their gateway. Absent: it is not served.',
        ),
    }),
    status: z
      .object({
        conditions: conditionsSchema.exactOptional(),
        observedGeneration: z.int().min(0).exactOptional().describe('Generation of the Ingress.'),
        addresses: z
          .array(z.string().max(253))
          .max(16)
          .exactOptional()
          .describe('Where clients find it, as written to the status of the Ingress.'),
        routes: z.array(reportedRouteSchema).max(mostReportedRoutes).exactOptional().describe('In the order they are written.'),
        certificates: z.array(reportedCertificateSchema).max(mostReportedRoutes).exactOptional(),
        inEffect: z.int().min(0).exactOptional().describe('How many routes are in effect.'),
        notInEffect: z.int().min(0).exactOptional().describe('How many are not.'),
      })
      .exactOptional(),
  }),
  columns: [
    { name: 'Class', type: 'string', jsonPath: '.spec.class' },
    { name: 'Address', type: 'string', jsonPath: '.status.addresses[0]' },
    { name: 'Group', type: 'string', jsonPath: '.spec.group', priority: 1 },
    { name: 'Routes', type: 'integer', jsonPath: '.status.inEffect', description: 'Routes in effect.' },
    { name: 'Others', type: 'integer', jsonPath: '.status.notInEffect', description: 'Routes that are not.' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Message', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [],
} as const satisfies KindDefinition

export type IngressReport = ObjectOf<typeof ingressReport>
export type ReportedRoute = Readonly<z.infer<typeof reportedRouteSchema>>
export type ReportedCertificate = Readonly<z.infer<typeof reportedCertificateSchema>>
