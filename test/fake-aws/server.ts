// The endpoint: takes requests of all services, finds the operation, and answers as AWS would or as a fault says.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { WritableCallLog } from './call-log.ts'
import type { Account } from './call.ts'
import { callOf } from './call.ts'
import type { Caller, Credentials } from './credentials.ts'
import { callerOf } from './credentials.ts'
import { AwsError, awsError } from './errors.ts'
import type { Failure, Faults } from './faults.ts'
import type { WireRequest, WireResponse } from './protocols/protocol.ts'
import type { Service } from './services.ts'
import { services } from './services.ts'
import type { Throttle } from './throttle.ts'

export type Endpoint = {
  readonly account: Account
  readonly faults: Faults
  readonly throttle: Throttle
  readonly credentials: Credentials
  readonly log: WritableCallLog
  /** Called after each call that may have changed the world. */
  readonly changed: () => void
  /** Waits before every answer, when the fake shall be as far away as AWS. */
  readonly delay: () => Promise<void>
}

type Answer = { readonly response: WireResponse } | { readonly broken: 'reset' | 'timeout' }

/** Listens on a free port of the loopback interface. */
export async function listen(endpoint: Endpoint): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    serve(endpoint, request, response).catch((error: unknown) => {
      response
        .writeHead(500, { 'content-type': 'text/plain' })
        .end(`the fake failed: ${String(error instanceof Error ? error.stack : error)}`)
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) }
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function serve(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  await endpoint.delay()
  const requestId = endpoint.account.newId(32)
  const answer = answerTo(endpoint, { headers: request.headers, body }, requestId)
  if ('response' in answer) {
    const { status, contentType, body } = answer.response
    response.writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': requestId }).end(body)
  } else if (answer.broken === 'reset') {
    request.socket.resetAndDestroy()
  }
  // A call that times out keeps its connection until the caller or the fake closes it.
}

function answerTo(endpoint: Endpoint, request: WireRequest, requestId: string): Answer {
  const caller = callerOf(String(request.headers['authorization'] ?? ''))
  const named = findService(request, caller)
  if (!named) return { response: plain(400, 'the request names no service and operation that this fake knows') }
  const { service, operation } = named
  const { log, account } = endpoint
  const at = account.now()
  const accessKeyId = caller?.accessKeyId ?? 'anonymous'
  let input: Readonly<Record<string, unknown>> = {}
  const finish = (outcome: string, effective: boolean) =>
    log.add({ service: service.name, operation, caller: accessKeyId, at, input, outcome, effective })
  const broken = (failure: Failure, effective: boolean): Answer => {
    finish(failure instanceof AwsError ? failure.code : failure, effective)
    return failure instanceof AwsError ? { response: service.protocol.encodeError(failure, requestId) } : { broken: failure }
  }
  try {
    const known = service.operations.get(operation)
    if (!known) throw awsError('InvalidAction', `this fake does not have ${service.name}:${operation}`)
    input = service.protocol.decode(request, known.shape)
    const identity = { service: service.name, operation, input }
    const before = endpoint.faults.failureOf(identity, 'before')
    if (before) return broken(before, false)
    admit(endpoint, service, operation, caller)
    // The input has just been decoded by the very shape that the handler's type was made from.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const result = known.handler(input as never, callOf(account, operation, accessKeyId))
    const response = service.protocol.encode(result, known.shape, requestId)
    if (!/^(Describe|List|Get)/.test(operation)) endpoint.changed()
    const after = endpoint.faults.failureOf(identity, 'after')
    if (after) return broken(after, true)
    finish('ok', true)
    return { response }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return broken(error, false)
  }
}

/** Throws what AWS says before it looks at a request: signature, credentials, permissions, rate. */
function admit(
  { account, credentials, throttle }: Endpoint,
  service: Service,
  operation: string,
  caller: Caller | undefined,
): void {
  if (operation !== 'AssumeRoleWithWebIdentity') {
    if (!caller) throw awsError('MissingAuthenticationToken', 'Request is missing Authentication Token')
    if (service.name !== 'sts' && caller.region !== account.settings.region) {
      throw awsError('SignatureDoesNotMatch', `Credential should be scoped to a valid region, not '${caller.region}'`, 403)
    }
    const refusal = credentials.refusal(caller, operation)
    if (refusal) throw refusal
  }
  const throttled = throttle.take(service.name, operation)
  if (throttled) throw throttled
}

/** The service in the signature's scope; without a signature, the one that has the operation. */
function findService(
  request: WireRequest,
  caller: Caller | undefined,
): { readonly service: Service; readonly operation: string } | undefined {
  for (const service of services) {
    if (caller && caller.service !== service.name) continue
    const operation = service.protocol.operationName(request)
    if (operation !== undefined && (caller || service.operations.has(operation))) return { service, operation }
  }
  return undefined
}

function plain(status: number, body: string): WireResponse {
  return { status, contentType: 'text/plain', body }
}
