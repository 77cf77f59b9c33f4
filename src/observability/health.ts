// The health port: /healthz while the process works, /readyz once it can do its duty, /metrics for Prometheus.
import { createServer } from 'node:http'

export interface HealthOptions {
  /** 0 takes any free port. */
  readonly port: number
  /** All addresses unless told. */
  readonly host?: string
  /** What keeps the program from being ready, one line each; none means ready. Asked at every request, so it must be cheap. */
  readonly unready: () => readonly string[]
  /** What tells that the process should be restarted; none means healthy. */
  readonly unhealthy?: () => readonly string[]
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly text: string }>
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number
  close(): Promise<void>
}

/** Listens; rejects when the port is taken. */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (code: number, text: string, contentType = 'text/plain; charset=utf-8') => {
      response.writeHead(code, { 'content-type': contentType, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : text)
    }
    const verdict = (troubles: readonly string[]) => answer(troubles.length === 0 ? 200 : 503, `${troubles.join('\n') || 'ok'}\n`)
    const path = request.url?.split('?', 1)[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'only GET\n')
    else if (path === '/healthz') verdict(options.unhealthy?.() ?? [])
    else if (path === '/readyz') verdict(options.unready())
    else if (path === '/metrics' && options.metrics) {
      options.metrics().then(
        ({ contentType, text }) => answer(200, text, contentType),
        (error: unknown) => answer(500, `${String(error)}\n`),
      )
    } else answer(404, 'here are /healthz, /readyz and /metrics\n')
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(options.port, options.host, listening.resolve)
  await listening.promise
  // Answering probes alone is no reason to stay alive.
  server.unref()
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : options.port, close, [Symbol.asyncDispose]: close }
}
