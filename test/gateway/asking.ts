// Clients of a gateway under test: one request, one answer, nothing followed and nothing kept.
import { request, type RequestOptions } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Seen } from './backends.ts'

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Without Content-Length. */
  readonly chunked?: boolean
  readonly tls?: { readonly servername: string; readonly key?: string; readonly cert?: string }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** Where the answer is one of a backend. */
  readonly seen: Seen | undefined
}

export function ask(
  at: { readonly address: string; readonly port: number },
  host: string,
  path: string,
  asked: Asked = {},
): Promise<Answer> {
  const { method = asked.body === undefined ? 'GET' : 'POST', headers = {}, body, chunked = false, tls } = asked
  const length = body === undefined || chunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options: RequestOptions = {
    host: at.address,
    port: at.port,
    path,
    method,
    headers: { host, ...length, ...headers },
    setHost: false,
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const sent = tls ? requestTls({ ...options, ...tls, rejectUnauthorized: false }) : request(options)
    sent.on('response', response => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, text, seen: seenIn(text) })
      })
    })
    sent.on('error', reject)
    if (chunked) sent.flushHeaders()
    sent.end(body)
  })
}

function seenIn(text: string): Seen | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return typeof parsed === 'object' && parsed !== null && 'backend' in parsed ? (parsed as Seen) : undefined
  } catch {
    return undefined
  }
}
