// The gateway's part of an agent as tests drive it: caches that are changed by hand, backends that answer with their names, a true Envoy.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from '../../providers/local/agent/gateway/start.ts'
import type { GatewayPart, GatewayStores } from '../../providers/local/agent/gateway/start.ts'
import type { RouteConfiguration } from '../../providers/local/gateway/envoy.ts'
import { xds } from '../../providers/local/gateway/xds.ts'
import type { CopiedSecret } from '../../providers/local/gateway/record.ts'
import { copiedFromAnnotation, copiedSecretLabel, fingerprintAnnotation, gatewayLabel } from '../../src/api/group.ts'
import type { IngressReport } from '../../src/api/ingress-report.ts'
import type { LoadBalancerClass } from '../../src/api/load-balancer-class.ts'
import { systemClock } from '../../src/kubernetes/clock.ts'
import { createStore } from '../../src/kubernetes/store.ts'
import type { Ingress } from '../../src/model/ingress-objects.ts'
import type { EndpointSlice, Service } from '../../src/model/kubernetes-objects.ts'

export const gatewayName = 'weir-gateway-lan'

/** Objects of a cluster, put there by hand. */
export interface HandCluster {
  readonly stores: GatewayStores
  /** With its report, which names the gateway. */
  putIngress(ingress: Ingress): void
  removeIngress(name: string): void
  /** There is none any more. */
  removeGateway(): void
  /** A Service with one port, 80, and where it leads on loopback. */
  putService(name: string, ports: readonly number[]): void
  putCertificate(name: string, files: { readonly certificate: string; readonly key: string }): void
}

export function handCluster(ports: { readonly http: number; readonly https: number }): HandCluster {
  const services = createStore<Service>()
  const slices = createStore<EndpointSlice>()
  const ingresses = createStore<Ingress>()
  const reports = createStore<IngressReport>()
  const classes = createStore<LoadBalancerClass>()
  const secrets = createStore<CopiedSecret>()
  let versions = 0
  const meta = (namespace: string, name: string) => ({ namespace, name, uid: name, resourceVersion: String(++versions) })
  services.put({
    metadata: { ...meta('weir-system', gatewayName), labels: { [gatewayLabel]: 'lan' } },
    spec: {
      ports: [
        { name: 'http', port: 80, targetPort: ports.http },
        { name: 'https', port: 443, targetPort: ports.https },
      ],
    },
  })
  return {
    stores: { services, slices, ingresses, reports, classes, secrets },
    putIngress(ingress) {
      const { name } = ingress.metadata
      ingresses.put({ ...ingress, metadata: { ...ingress.metadata, ...meta('default', name) } })
      reports.put({
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'IngressReport',
        metadata: meta('default', name),
        spec: { class: 'lan', provider: 'local', group: gatewayName },
      })
    },
    removeIngress(name) {
      reports.remove(`default/${name}`)
      ingresses.remove(`default/${name}`)
    },
    removeGateway: () => services.remove(`weir-system/${gatewayName}`),
    putService(name, to) {
      if (!services.has(`default/${name}`)) services.put({ metadata: meta('default', name), spec: { ports: [{ port: 80 }] } })
      // One slice for each: their pods have ports of their own here.
      for (const key of slices.keys()) if (key.startsWith(`default/${name}-`)) slices.remove(key)
      for (const port of to) {
        slices.put({
          metadata: { ...meta('default', `${name}-${port}`), labels: { 'kubernetes.io/service-name': name } },
          addressType: 'IPv4',
          endpoints: [{ addresses: ['127.0.0.1'] }],
          ports: [{ name: '', port }],
        })
      }
    },
    putCertificate(name, { certificate, key }) {
      secrets.put({
        metadata: {
          ...meta('weir-system', `copy-${name}`),
          labels: { [copiedSecretLabel]: 'tls' },
          annotations: { [copiedFromAnnotation]: `default/${name}`, [fingerprintAnnotation]: String(versions) },
        },
        data: { 'tls.crt': btoa(certificate), 'tls.key': btoa(key) },
      })
    },
  }
}

/** Nothing is said unless WEIR_DEBUG is set. */
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const shout = (fields: object, message: string) => console.log(message, JSON.stringify(fields).slice(0, 400))
const loud = { debug: shout, info: shout, warn: shout, error: shout }

/** Of a path, that Envoy is told of it in a way that it refuses. */
export const refusedPath = '/refused'

export async function startPart(stores: GatewayStores, path: string): Promise<GatewayPart> {
  const logger = process.env['WEIR_DEBUG'] === undefined ? silent : loud
  return startGateway({ stores, path, clock: systemClock(), logger, version: 'test', onReport: () => {}, xds: withRefused })
}

/** What nothing here would let through: a regular expression that is none. */
const withRefused: typeof xds = (gateways, facts) => {
  const resources = xds(gateways, facts)
  const routes = [...resources.routes].map(([name, configuration]): [string, RouteConfiguration] => [
    name,
    JSON.parse(
      JSON.stringify(configuration).replaceAll(`"path_separated_prefix":"${refusedPath}"`, '"safe_regex":{"regex":"("}'),
    ),
  ])
  return { ...resources, routes: new Map(routes) }
}

/** A folder whose path is short enough for sockets. */
export function socketFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'weir-gw-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Answers every request with its name. */
export async function startBackend(name: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume()
    request.once('end', () => response.setHeader('x-backend', name).end(name))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}
