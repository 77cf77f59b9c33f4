// The lab's own few calls to its API server, as the administrator.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { LabError } from './errors.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type Api = {
  /** One call; answers the parsed body. Throws LabError `command-failed` with the API's message on 4xx and 5xx. */
  call(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>
  /** Whether the API server says it is ready (/readyz). */
  ready(): Promise<boolean>
  close(): Promise<void>
}

/** Calls to `server` with a bearer token; PATCH is a JSON merge patch (RFC 7386). */
export function openApi(server: string, ca: string, token: string): Api {
  const dispatcher = new Agent({ connect: { ca: readFileSync(ca) }, headersTimeout: 20_000, bodyTimeout: 20_000 })
  const headers = { authorization: `Bearer ${token}` }
  return {
    call: async (method, path, body, signal) => {
      const answer = await request(`${server}${path}`, {
        method,
        dispatcher,
        headers: { ...headers, 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      })
      const text = await answer.body.text()
      if (answer.statusCode >= 400)
        throw new LabError('command-failed', `${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`)
      return JSON.parse(text)
    },
    ready: async () => {
      try {
        const answer = await request(`${server}/readyz`, { dispatcher, headers })
        await answer.body.dump()
        return answer.statusCode === 200
      } catch {
        return false
      }
    },
    close: () => dispatcher.destroy(),
  }
}
