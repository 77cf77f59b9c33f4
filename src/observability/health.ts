// The port for those who look after a program: /healthz while it works, /readyz once it can do its duty, /metrics, and further routes.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { isFromThisMachine } from './loopback.ts'
import type { Scrape } from './instruments.ts'

/** What is served at one path besides health and metrics. */
export interface Route {
  /** The whole path; with a slash at its end everything below it as well. */
  readonly path: string
  /** GET and HEAD unless told. */
  readonly methods?: readonly string[]
  /**
   * Who may ask: whoever reaches the port, or only processes beside this one. `kubectl port-forward` and `kubectl exec` are
   * beside it; pages of other sites that a browser on the same machine shows are not let in.
   */
  readonly from: 'anywhere' | 'loopback'
  readonly handle: (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>
}

export interface HealthOptions {
  /** 0 takes any free port. */
  readonly port: number
  /** All addresses unless told. */
  readonly host?: string
  /** What keeps the program from being ready, one line each; none means ready. Asked at every request, so it must be cheap. */
  readonly unready: () => readonly string[]
  /** What tells that the process should be restarted; none means healthy. */
  readonly unhealthy?: () => readonly string[]
  readonly metrics?: () => Promise<Scrape>
  readonly routes?: readonly Route[]
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number
  close(): Promise<void>
}

/** Listens; rejects when the port is taken. */
export async function serveHealth({
  port,
  host,
  unready,
  unhealthy,
  metrics,
  routes = [],
}: HealthOptions): Promise<HealthServer> {
  const verdict = (troubles: () => readonly string[]) => (request: IncomingMessage, response: ServerResponse) => {
    const found = troubles()
    answer(request, response, { code: found.length === 0 ? 200 : 503, text: `${found.join('\n') || 'ok'}\n` })
  }
  return serveRoutes({
    port,
    host,
    routes: [
      { path: '/healthz', from: 'anywhere', handle: verdict(() => unhealthy?.() ?? []) },
      { path: '/readyz', from: 'anywhere', handle: verdict(unready) },
      ...(metrics ? [metricsRoute(metrics)] : []),
      ...routes,
    ],
  })
}

/**
 * /metrics as a route: where Prometheus cannot reach the health port it is served on another one. Whoever asks while it is written
 * gets the same text, for anybody may ask.
 */
export function metricsRoute(render: () => Promise<Scrape>): Route {
  let underWay: Promise<Scrape> | undefined
  return {
    path: '/metrics',
    from: 'anywhere',
    async handle(request, response) {
      underWay ??= render().finally(() => (underWay = undefined))
      const { contentType, text } = await underWay
      answer(request, response, { code: 200, text, contentType })
    },
  }
}

export interface RoutesOptions {
  readonly port: number
  readonly host?: string | undefined
  readonly routes: readonly Route[]
}

/** A server of nothing but these routes. */
export async function serveRoutes({ port, host, routes }: RoutesOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const url = urlOf(request)
    const route = routes.find(({ path }) => url.pathname === path || (path.endsWith('/') && url.pathname.startsWith(path)))
    const methods = route?.methods ?? ['GET', 'HEAD']
    const refuse = (code: number, text: string) => answer(request, response, { code, text: `${text}\n` })
    if (!methods.includes(request.method ?? '')) return refuse(405, `only ${methods.join(' and ')}`)
    if (!route) return refuse(404, `here are ${routes.map(({ path }) => path).join(', ')}`)
    if (route.from === 'loopback' && !isFromThisMachine(request))
      return refuse(403, 'only from beside this process: kubectl port-forward')
    void handle(route, request, response, url)
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000
  await listen(server, port, host)
  // Answering probes alone is no reason to stay alive.
  server.unref()
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : port, close, [Symbol.asyncDispose]: close }
}

async function handle(route: Route, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  try {
    await route.handle(request, response, url)
  } catch (error) {
    if (response.headersSent) response.destroy()
    else answer(request, response, { code: 500, text: `${error instanceof Error ? error.message : String(error)}\n` })
  }
}

/** A whole answer of text. */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    code,
    text,
    contentType = 'text/plain; charset=utf-8',
  }: { readonly code: number; readonly text: string; readonly contentType?: string },
): void {
  response.writeHead(code, { 'content-type': contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(request.method === 'HEAD' ? undefined : text)
}

function urlOf(request: IncomingMessage): URL {
  return URL.parse(request.url ?? '/', 'http://localhost') ?? new URL('http://localhost/')
}

async function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(port, host, listening.resolve)
  await listening.promise
}
