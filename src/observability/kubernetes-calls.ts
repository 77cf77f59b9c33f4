// A request to the API server as a metric: verb and resource instead of a path with names in it.
import type { AnsweredCall } from '../kubernetes/transport.ts'
import type { Call, CallOutcome } from './common-metrics.ts'

/** The call of `weir_api_calls_total` that a request was. Few operations, however many objects there are. */
export function kubernetesCall({ method, path, status, ms, isStream }: AnsweredCall): Call {
  return {
    service: 'kubernetes',
    operation: operationOf(method, path, isStream),
    outcome: outcomeOf(status),
    ms,
    isWatch: isStream,
  }
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

function operationOf(method: string, path: string, isStream: boolean): string {
  // /api/v1/… or /apis/group/version/…, then perhaps namespaces/NAME, then resource, name, part.
  const inside = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(?:namespaces\/[^/]+\/(?=[^/]))?(.+)$/.exec(path)?.[1]
  if (inside === undefined) return 'other'
  const [resource = '', name, part] = inside.split('/')
  const verb = verbs[method] ?? (isStream ? 'watch' : name === undefined ? 'list' : 'get')
  return `${verb} ${resource}${part === undefined ? '' : `/${part}`}`
}

function outcomeOf(status: number | undefined): CallOutcome {
  if (status === undefined) return 'unreachable'
  if (status < 300) return 'ok'
  if (status >= 500) return 'failed'
  return outcomes[status] ?? 'refused'
}

const outcomes: Readonly<Record<number, CallOutcome>> = {
  401: 'denied',
  403: 'denied',
  404: 'not-found',
  409: 'conflict',
  // A watch from a point that the server knows no more.
  410: 'conflict',
  429: 'throttled',
}
