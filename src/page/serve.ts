// The page's HTTP server: on loopback only, read-only, reached by kubectl port-forward.
import { createServer } from 'node:http'
import { controllerLease } from '../api/group.ts'
import { makeKey } from '../kubernetes/objects.ts'
import { messageOf } from '../kubernetes/errors.ts'
import { answer, type Content } from './answer.ts'
import { readAssets } from './assets.ts'
import { createLooking } from './looking.ts'
import type { Self } from './model.ts'
import { createSharing, createTurns } from './pace.ts'
import { pageState } from './state.ts'
import { tellStory } from './story.ts'
import type { PageServer, PageSurroundings } from './surroundings.ts'

/** A browser opens up to six. Whoever opens more than all of these together is cut off, and the controller goes on. */
const mostConnections = 128

/** Different questions, and different objects, that are answered at a time. */
const mostAsked = 16

/** Listens on 127.0.0.1; rejects when the port is taken. */
export async function servePage(around: PageSurroundings): Promise<PageServer> {
  const looking = createLooking(around)
  const closing = new AbortController()
  const content = contentOf(around, looking, closing.signal)
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request
    const respond = async () => {
      try {
        const { status, headers: told, body } = await answer({ method, target: url, headers }, content)
        response.writeHead(status, told)
        response.end(method === 'HEAD' ? undefined : body)
      } catch (error) {
        if (closing.signal.aborted) {
          response.destroy()
          return
        }
        around.log.error({ error: messageOf(error), path: url }, 'the page could not be made')
        response.writeHead(500).end()
      }
    }
    void respond()
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000
  server.maxConnections = mostConnections
  server.listen(around.port, '127.0.0.1', listening.resolve)
  await listening.promise
  // Being looked at is no reason to stay alive.
  server.unref()
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : around.port
  around.log.info({ port }, 'the page is served on loopback')
  return {
    port,
    async [Symbol.asyncDispose]() {
      closing.abort(new DOMException('the page was closed', 'AbortError'))
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await Promise.all([closed, looking.stop()])
    },
  }
}

function contentOf(around: PageSurroundings, looking: ReturnType<typeof createLooking>, signal: AbortSignal): Content {
  const { stores, agents } = around
  const assets = new Map(Object.entries(readAssets()))
  const selfNow = (troubles: readonly string[]): Self => {
    const leader = stores.leases.get(makeKey(around.namespace, controllerLease))?.spec?.holderIdentity ?? ''
    const { identity, version } = around
    return { identity, version, leads: leader === identity, leader, troubles: [...around.troubles(), ...troubles] }
  }
  return {
    assets,
    look() {
      const view = looking.seen()
      return { changes: view.changes, self: selfNow(view.troubles()) }
    },
    state(query) {
      const view = looking.seen()
      const { events, loadBalancers } = view
      const isAlive = (node: string) => agents.alive(node)
      return pageState({ ...stores, events, loadBalancers, isAlive, self: selfNow(view.troubles()) }, query)
    },
    inTurn: createTurns(around.clock, signal),
    sharedState: createSharing(mostAsked),
    sharedStory: createSharing(mostAsked),
    story: subject => tellStory(subject, { ...around, loadBalancers: looking.seen().loadBalancers, signal }),
  }
}
