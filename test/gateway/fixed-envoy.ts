// An Envoy that serves one set of resources from its start: what a stream would bring stands in its configuration instead.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDefinitions } from '../../providers/local/agent/gateway/protocol/definitions.ts'
import { createEncoder } from '../../providers/local/agent/gateway/protocol/encode.ts'
import { createTargetMaker } from '../../providers/local/agent/gateway/target.ts'
import type { Resources } from '../../providers/local/gateway/envoy.ts'
import { layeredRuntime } from '../../providers/local/gateway/runtime.ts'
import { waitFor } from '../lab/waiting.ts'
import { envoyProgram } from './envoy-program.ts'

/** Starts Envoy and waits until it listens at all listeners. Throws with what it said when it takes the resources not. */
export async function startFixedEnvoy(resources: Resources): Promise<AsyncDisposable> {
  // Whatever Envoy takes from a file must be there to be said on a stream, too.
  createTargetMaker(createEncoder(readDefinitions()))(resources)
  const program = await envoyProgram()
  const folder = mkdtempSync(join(tmpdir(), 'weir-envoy-'))
  const file = join(folder, 'envoy.json')
  writeFileSync(file, JSON.stringify(fixed(resources)))
  const words = ['-c', file, '--concurrency', '1', '-l', 'error', '--use-dynamic-base-id']
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const dispose = async () => {
    process.off('exit', end)
    end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (const { address } of resources.listeners.values()) {
      const { address: host, port_value: port } = address.socket_address
      await waitFor(
        async () => {
          if (child.exitCode !== null) throw new Error(`Envoy ended with ${child.exitCode}: ${said}`)
          return listens(host, port)
        },
        { what: `Envoy at ${host}:${port}`, timeoutMs: 30_000, everyMs: 50 },
      )
    }
  } catch (error) {
    await dispose()
    throw error
  }
  return { [Symbol.asyncDispose]: dispose }
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, host, () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

function fixed(resources: Resources): object {
  const clusters = [...resources.clusters.values()].map(({ eds_cluster_config: config, ...cluster }) =>
    config ? { ...cluster, type: 'STATIC', load_assignment: resources.endpoints.get(cluster.name) } : cluster,
  )
  return {
    layered_runtime: layeredRuntime,
    static_resources: {
      listeners: inPlace([...resources.listeners.values()], resources),
      clusters: inPlace(clusters, resources),
    },
  }
}

/** Puts routes, certificates and authorities where they are named. */
function inPlace(value: unknown, resources: Resources): unknown {
  if (Array.isArray(value)) return value.map(each => inPlace(each, resources))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (key === 'rds') return ['route_config', resources.routes.get(part.route_config_name)]
      if (key === 'combined_validation_context') {
        const { default_validation_context: own, validation_context_sds_secret_config: named } = part
        const secret = resources.secrets.get(named.name)
        return ['validation_context', { ...own, ...(secret && 'validation_context' in secret ? secret.validation_context : {}) }]
      }
      if (key !== 'tls_certificate_sds_secret_configs') return [key, inPlace(part, resources)]
      const named: readonly { readonly name: string }[] = part
      const certificates = named.flatMap(({ name }) => {
        const secret = resources.secrets.get(name)
        return secret && 'tls_certificate' in secret ? secret.tls_certificate : []
      })
      return ['tls_certificates', certificates]
    }),
  )
}
