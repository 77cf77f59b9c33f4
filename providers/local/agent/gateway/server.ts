// The server of the node's Envoys on a unix socket: each stream gets what is published, and says whether it was taken.
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { AgentClock, AgentLogger } from '../ports.ts'
import type { Encoder } from './protocol/encode.ts'
import type { Request, Response } from './protocol/messages.ts'
import { serviceDefinition } from './protocol/service.ts'
import { createStream } from './stream.ts'
import type { Refusal, Step, StreamTimes } from './stream.ts'
import type { Target } from './target.ts'

export interface XdsServerOptions {
  /** Of the socket; whoever may connect there gets every certificate. Its folder is made and becomes the group's alone. */
  readonly path: string
  /** The group of the Envoys; absent: only processes of this one's user may connect. */
  readonly group?: number
  readonly encoder: Encoder
  readonly clock: AgentClock
  readonly logger: AgentLogger
  readonly times?: StreamTimes
  /** An Envoy has all that it asked for of this target. Told once per target and stream. */
  readonly onSettled: (target: Target) => void
  /** The target is the one that was refused, which may be an earlier one. */
  readonly onRefused: (target: Target, refusal: Refusal) => void
  /** An Envoy came or went. */
  readonly onConnections: (connected: number) => void
}

export interface XdsServer extends AsyncDisposable {
  /** From now on every Envoy is to have this. Before the first one nobody is told anything, and all keep what they have. */
  publish(target: Target): void
  readonly connected: number
}

const usualTimes: StreamTimes = { patienceMs: 5000, lingerMs: 5000 }

/** Listens from when it resolves. Rejects when the socket cannot be made. */
export async function serveXds(options: XdsServerOptions): Promise<XdsServer> {
  const { path, encoder, clock, logger, times = usualTimes } = options
  const connections = new Set<{ aim(target: Target): void }>()
  let published: Target | undefined

  const attend = (call: ServerDuplexStream<Request, Response>) => {
    const stream = createStream(published, times)
    let aimedAt = published
    let settledAt: Target | undefined
    let cancel = () => {}
    let isOver = false
    let node = ''
    const take = ({ send, refusal, refused }: Step) => {
      if (isOver) return
      for (const response of send) call.write(response)
      cancel()
      const { lookAt } = stream
      if (lookAt !== undefined)
        cancel = clock.schedule(Math.max(lookAt - clock.monotonic(), 1), () => take(stream.look(clock.monotonic())))
      if (!aimedAt) return
      if (refusal) {
        logger.warn({ node, ...refusal }, 'an Envoy refuses a configuration and keeps what it has')
        options.onRefused(refused ?? aimedAt, refusal)
      }
      if (stream.isSettled && settledAt !== aimedAt) {
        settledAt = aimedAt
        options.onSettled(aimedAt)
      }
    }
    const connection = {
      aim(target: Target) {
        aimedAt = target
        take(stream.aim(target, clock.monotonic()))
      },
    }
    const end = () => {
      if (isOver) return
      isOver = true
      cancel()
      connections.delete(connection)
      logger.info({ node, connected: connections.size }, 'an Envoy is gone')
      options.onConnections(connections.size)
    }
    connections.add(connection)
    call.on('data', (request: Request) => {
      if (request.nodeId !== undefined && node === '') {
        node = request.nodeId
        logger.info({ node, connected: connections.size }, 'an Envoy is here')
      }
      take(stream.request(request, clock.monotonic()))
    })
    call.on('end', () => {
      end()
      call.end()
    })
    call.on('cancelled', end)
    call.on('error', end)
    options.onConnections(connections.size)
  }

  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 })
  server.addService(serviceDefinition(encoder), { DeltaAggregatedResources: attend })
  await listen(server, options)
  return {
    publish(target) {
      published = target
      for (const connection of connections) connection.aim(target)
    },
    get connected() {
      return connections.size
    },
    async [Symbol.asyncDispose]() {
      // At once: Envoys live on without us.
      server.forceShutdown()
      rmSync(path, { force: true })
    },
  }
}

async function listen(server: Server, { path, group }: Pick<XdsServerOptions, 'path' | 'group'>): Promise<void> {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true })
  // The group enters, nobody else; a process that is a member of it may give its own files to it.
  if (group !== undefined) chownSync(folder, process.getuid?.() ?? 0, group)
  chmodSync(folder, group === undefined ? 0o700 : 0o750)
  // Left by an agent that was killed.
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), error => (error ? reject(error) : resolve()))
  })
  if (group !== undefined) chownSync(path, process.getuid?.() ?? 0, group)
  chmodSync(path, group === undefined ? 0o600 : 0o660)
}
