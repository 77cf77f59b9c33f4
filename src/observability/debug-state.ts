// What a program knows and wants of one object, as JSON: for who looks after it, from beside it only.
import { answer } from './health.ts'
import type { Route } from './health.ts'
import { withoutSecrets } from './secrets.ts'

/** The model of an object by its words, as `service`, `default`, `web`; undefined when there is no such object. */
export type ReadState = (kind: string, name: readonly string[]) => object | undefined

export interface StateOptions {
  readonly read: ReadState
  /** How objects are named, for who named one wrongly. */
  readonly forms: readonly string[]
}

/** GET /debug/state?object=service/default/web */
export function stateRoute({ read, forms }: StateOptions): Route {
  return {
    path: '/debug/state',
    from: 'loopback',
    handle(request, response, url) {
      const asked = url.searchParams.get('object') ?? ''
      const [kind = '', ...name] = asked.split('/')
      if (kind === '' || name.length === 0 || name.includes('')) {
        const text = `which object? /debug/state?object= and one of: ${forms.join(', ')}\n`
        return answer(request, response, { code: 400, text })
      }
      const state = read(kind, name)
      if (!state)
        return answer(request, response, { code: 404, text: `there is no ${asked} here; known are: ${forms.join(', ')}\n` })
      return answer(request, response, { code: 200, text: `${stateText(state)}\n`, contentType: 'application/json' })
    },
  }
}

/** As JSON, sets and maps as lists, without secrets. */
export function stateText(state: object): string {
  const plain: unknown = JSON.parse(JSON.stringify(state, asData))
  return JSON.stringify(withoutSecrets(plain), undefined, 2)
}

function asData(_name: string, value: unknown): unknown {
  if (value instanceof Set || value instanceof Map) return [...value]
  return typeof value === 'bigint' ? String(value) : value
}
