// The whole controller inside a test's process, against a true API server.
import type { ServiceController } from '../../src/controllers/service.ts'
import { startController } from '../../src/main-controller.ts'
import { createLog } from '../../src/observability/log.ts'
import type { Cluster } from './cluster.ts'
import { controllerRights } from './rights.ts'

export interface RunningController extends AsyncDisposable {
  /** Resolves when the loops run (again, for one that stands by). */
  readonly working: Promise<ServiceController>
  /** What it said in plain words. */
  readonly said: readonly string[]
  /** What it logged, as objects. */
  readonly lines: readonly Record<string, unknown>[]
  /** As on SIGTERM. */
  stop(): Promise<void>
}

/** On a cluster it has exactly the rights that deploy/ gives to a controller with its providers; with a kubeconfig those of its user. */
export type RunningOptions = ({ readonly cluster: Cluster } | { readonly kubeconfig: string }) & {
  readonly identity?: string
  readonly leaderElect?: boolean
  readonly providers?: readonly string[]
  /** 0 unless told: no port for health and metrics. */
  readonly healthPort?: number
  /** 0 unless told: no page. */
  readonly pagePort?: number
}

/** Starts it; it may take a while until it works. Disposing stops it. */
export function runController(options: RunningOptions): RunningController {
  const { identity = 'test', leaderElect = false, providers = ['local'], healthPort = 0, pagePort = 0 } = options
  const stopping = new AbortController()
  const lines: Record<string, unknown>[] = []
  const said: string[] = []
  const working = Promise.withResolvers<ServiceController>()
  const level = 'info'
  const log = createLog({ level, program: 'weir-controller', destination: { write: line => void lines.push(JSON.parse(line)) } })
  const start = async () =>
    startController({
      options: {
        providers,
        kubeconfig:
          'kubeconfig' in options ? options.kubeconfig : await controllerRights(options.cluster, providers, pagePort !== 0),
        context: undefined,
        namespace: 'weir-system',
        identity,
        leaderElect,
        healthPort,
        pagePort,
        logLevel: level,
      },
      signal: stopping.signal,
      log,
      programLog: log,
      say: text => said.push(text),
      onWorking: working.resolve,
    })
  const ended = start()
  ended.catch(working.reject)
  const stop = async () => {
    stopping.abort(new Error('the test ends it'))
    await ended
  }
  return { working: working.promise, said, lines, stop, [Symbol.asyncDispose]: stop }
}
