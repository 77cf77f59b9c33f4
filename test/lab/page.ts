// The page of the controller, reached from this machine the way a user reaches it: kubectl port-forward, begun anew when it ends.
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from './lab.ts'
import { LabError } from './errors.ts'

export interface ForwardedPage extends AsyncDisposable {
  /** `http://localhost:PORT/`, the same as long as it is not disposed. */
  readonly url: string
}

/** As deploy/page says. */
const pagePort = 8090

const againMs = 500
const mostFirstTries = 20

/** Forwards to the pod `target`, or to any of the controllers; it may be another one after the first has gone. */
export async function forwardPage(
  { kubeconfig, programs }: Pick<Lab, 'kubeconfig' | 'programs'>,
  target = 'deployment/weir-controller',
): Promise<ForwardedPage> {
  const kubectl = [programs.path('kubectl'), '--kubeconfig', kubeconfig, '-n', 'weir-system', 'port-forward', target]
  const stopping = new AbortController()
  const begun = Promise.withResolvers<string>()
  const keep = async () => {
    let port = ''
    for (let tries = 1; !stopping.signal.aborted; tries++) {
      const words = await forward([...kubectl, `${port}:${pagePort}`], stopping.signal, found => {
        port = found
        begun.resolve(found)
      })
      if (port === '' && tries >= mostFirstTries)
        throw new LabError('not-ready', `kubectl port-forward ${target} does not begin: ${words}`)
      await sleep(againMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const kept = keep().catch((error: unknown) => begun.reject(error))
  return {
    url: `http://localhost:${await begun.promise}/`,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await kept
    },
  }
}

/** One kubectl, until it ends by itself or is ended; tells its port when it forwards. Resolves with what it complained of. */
function forward(argv: readonly string[], signal: AbortSignal, onPort: (port: string) => void): Promise<string> {
  // Without its parent it would go on for ever.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const port = /^Forwarding from 127\.0\.0\.1:(\d+)/m.exec(text)?.[1]
    if (port !== undefined) onPort(port)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = text.trim()
  })
  const end = () => child.kill('SIGKILL')
  signal.addEventListener('abort', end, { once: true })
  return new Promise(resolve => {
    const ended = () => {
      signal.removeEventListener('abort', end)
      resolve(complaint)
    }
    child.once('exit', ended).once('error', ended)
  })
}
