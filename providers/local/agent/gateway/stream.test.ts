// What an Envoy is sent, in which order, and what happens when it refuses, comes back or dawdles.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ResourceType } from '../../gateway/envoy.ts'
import { typeUrls } from './protocol/messages.ts'
import type { Request, Response } from './protocol/messages.ts'
import { createStream } from './stream.ts'
import { resourceTypes } from './target.ts'
import type { Target } from './target.ts'

const times = { patienceMs: 1000, lingerMs: 500 }

/** `{ clusters: { web: '1' } }`; what is not named is empty. */
function targetOf(versions: Partial<Record<ResourceType, Readonly<Record<string, string>>>>): Target {
  const of = (type: ResourceType) =>
    new Map(Object.entries(versions[type] ?? {}).map(([name, version]) => [name, { version, bytes: Buffer.from(version) }]))
  return {
    secrets: of('secrets'),
    clusters: of('clusters'),
    endpoints: of('endpoints'),
    listeners: of('listeners'),
    routes: of('routes'),
  }
}

function request(type: ResourceType, rest: Partial<Omit<Request, 'typeUrl'>> = {}): Request {
  return { typeUrl: typeUrls[type], subscribe: [], unsubscribe: [], initialVersions: new Map(), nonce: '', ...rest }
}

const shown = (send: readonly Response[]) =>
  send.map(({ type, resources, removed }) => [type, ...resources.keys(), ...removed.map(name => `-${name}`)].join(' '))

const shop = {
  secrets: { cert: '1' },
  clusters: { web: '1' },
  endpoints: { web: '1' },
  listeners: { lan: '1' },
  routes: { lan: '1' },
}

/**
 * An Envoy as far as this protocol goes: it asks for endpoints of its clusters, and for the routes and secret of its listeners.
 * It takes everything unless `refuses` says otherwise.
 */
function envoyOf(stream: ReturnType<typeof createStream>, refuses: (response: Response) => boolean = () => false) {
  const has = new Map<ResourceType, Map<string, string>>(resourceTypes.map(type => [type, new Map<string, string>()]))
  const asked = new Map<ResourceType, Set<string>>(resourceTypes.map(type => [type, new Set<string>()]))
  const log: string[] = []
  let now = 0
  const namesWanted = (type: ResourceType): readonly string[] => {
    if (type === 'endpoints') return [...(has.get('clusters')?.keys() ?? [])]
    const listeners = [...(has.get('listeners')?.keys() ?? [])]
    if (type === 'routes') return listeners
    return type === 'secrets' && listeners.length > 0 ? ['cert'] : []
  }
  const queue: Response[] = []
  const tell = (request: Request) => queue.push(...stream.request(request, now).send)
  const ask = () => {
    for (const type of ['endpoints', 'routes', 'secrets'] as const) {
      const known = asked.get(type) ?? new Set()
      const wanted = namesWanted(type)
      const subscribe = wanted.filter(name => !known.has(name))
      const unsubscribe = [...known].filter(name => !wanted.includes(name))
      if (subscribe.length + unsubscribe.length === 0) continue
      asked.set(type, new Set(wanted))
      for (const name of unsubscribe) has.get(type)?.delete(name)
      tell(request(type, { subscribe, unsubscribe }))
    }
  }
  const settle = () => {
    ask()
    for (let response = queue.shift(); response; response = queue.shift()) {
      const { type, nonce, resources, removed } = response
      log.push(...shown([response]))
      const refused = refuses(response)
      if (!refused) {
        for (const name of removed) has.get(type)?.delete(name)
        for (const [name, { version }] of resources) has.get(type)?.set(name, version)
      }
      tell(request(type, { nonce, ...(refused && { error: 'no' }) }))
      ask()
    }
  }
  return {
    has,
    log,
    begin: () => {
      tell(request('clusters'))
      tell(request('listeners'))
      settle()
    },
    /** The connection was lost; what it has it keeps. */
    comeBack(to: ReturnType<typeof createStream>) {
      stream = to
      for (const type of resourceTypes) {
        const names = ['clusters', 'listeners'].includes(type) ? [] : [...(asked.get(type) ?? [])]
        if (names.length > 0 || ['clusters', 'listeners'].includes(type))
          tell(request(type, { subscribe: names, initialVersions: new Map(has.get(type)) }))
      }
      settle()
    },
    aim: (target: Target) => {
      queue.push(...stream.aim(target, now).send)
      settle()
    },
    pass: (ms: number) => {
      now += ms
      queue.push(...stream.look(now).send)
      settle()
    },
    content: () => Object.fromEntries([...has].map(([type, names]) => [type, Object.fromEntries(names)])),
  }
}

describe('a new Envoy', () => {
  test('gets everything, each kind after what it points to', () => {
    const stream = createStream(targetOf(shop), times)
    const envoy = envoyOf(stream)
    envoy.begin()
    expect(envoy.log).toEqual(['clusters web', 'endpoints web', 'listeners lan', 'routes lan', 'secrets cert'])
    expect(envoy.content()).toEqual(shop)
    expect(stream.isSettled).toBe(true)
  })

  test('waits when nobody knows yet what it is to have', () => {
    const stream = createStream(undefined, times)
    const envoy = envoyOf(stream)
    envoy.begin()
    expect([envoy.log, stream.isSettled]).toEqual([[], false])
    envoy.aim(targetOf(shop))
    expect(envoy.content()).toEqual(shop)
  })

  test('is told also that there is nothing: it is not ready before', () => {
    const stream = createStream(targetOf({}), times)
    const envoy = envoyOf(stream)
    envoy.begin()
    expect([envoy.log, stream.isSettled]).toEqual([['clusters', 'listeners'], true])
    envoy.comeBack(createStream(targetOf({}), times))
    expect(envoy.log.slice(2)).toEqual(['clusters', 'listeners'])
  })

  test('is told of what it asks for and is not there', () => {
    const stream = createStream(targetOf({}), times)
    stream.request(request('clusters'), 0)
    expect(shown(stream.request(request('endpoints', { subscribe: ['gone'] }), 0).send)).toEqual(['endpoints -gone'])
  })

  test('is not sent the next before it took the last', () => {
    const stream = createStream(targetOf({ clusters: { web: '1' }, listeners: { lan: '1' } }), times)
    expect(shown(stream.request(request('clusters'), 0).send)).toEqual(['clusters web'])
    expect(stream.request(request('listeners'), 0).send).toEqual([])
    expect(stream.request(request('clusters', { nonce: 'another' }), 0).send).toEqual([])
    expect(shown(stream.request(request('clusters', { nonce: '1' }), 0).send)).toEqual(['listeners lan'])
  })

  test('that asks for something nobody knows is answered nothing', () => {
    const stream = createStream(targetOf(shop), times)
    expect(stream.request({ ...request('clusters'), typeUrl: 'type.googleapis.com/other' }, 0)).toEqual({ send: [] })
  })
})

describe('changes', () => {
  const begun = (refuses?: (response: Response) => boolean) => {
    const stream = createStream(targetOf(shop), times)
    const envoy = envoyOf(stream, refuses)
    envoy.begin()
    envoy.log.length = 0
    return { stream, envoy }
  }

  test('of endpoints are one message', () => {
    const { envoy } = begun()
    envoy.aim(targetOf({ ...shop, endpoints: { web: '2' } }))
    expect(envoy.log).toEqual(['endpoints web'])
  })

  test('of a cluster bring its endpoints again, for which the Envoy waits without asking', () => {
    const { envoy } = begun()
    envoy.aim(targetOf({ ...shop, clusters: { web: '2' } }))
    expect(envoy.log).toEqual(['clusters web', 'endpoints web'])
  })

  test('bring the new backend before the route to it, and take the old one away when nothing is on its way there any more', () => {
    const { envoy, stream } = begun()
    const next = { ...shop, clusters: { api: '1' }, endpoints: { api: '1' }, routes: { lan: '2' } }
    envoy.aim(targetOf(next))
    expect(envoy.log).toEqual(['clusters api', 'endpoints api', 'routes lan'])
    expect([stream.isSettled, stream.lookAt]).toEqual([true, 500])
    envoy.pass(499)
    expect(envoy.log).toHaveLength(3)
    envoy.pass(1)
    expect(envoy.log.slice(3)).toEqual(['clusters -web'])
    expect(envoy.content()).toEqual(next)
    expect(stream.lookAt).toBeUndefined()
  })

  test('that come back in time keep the old backend', () => {
    const { envoy } = begun()
    envoy.aim(targetOf({ ...shop, clusters: { api: '1' }, endpoints: { api: '1' }, routes: { lan: '2' } }))
    envoy.pass(400)
    envoy.aim(targetOf({ ...shop, routes: { lan: '3' } }))
    envoy.pass(400)
    expect(envoy.log).not.toContain('clusters -web')
    envoy.pass(100)
    expect(envoy.content()).toEqual({ ...shop, routes: { lan: '3' } })
  })

  test('replace a listener by another in one message: both may want the same port', () => {
    const { envoy } = begun()
    envoy.aim(targetOf({ ...shop, listeners: { wan: '1' }, routes: { wan: '1' } }))
    expect(envoy.log[0]).toBe('listeners wan -lan')
  })

  test('during an answer are sent after it was taken', () => {
    const stream = createStream(targetOf({ clusters: { web: '1' } }), times)
    stream.request(request('clusters'), 0)
    expect(stream.aim(targetOf({ clusters: { web: '2' } }), 0).send).toEqual([])
    const [response] = stream.request(request('clusters', { nonce: '1' }), 0).send
    expect(response?.resources.get('web')?.version).toBe('2')
  })

  test('lead from any content to any other, with no route to what is not there', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))
    const versions = fc.constantFrom('1', '2')
    const anyTarget = fc.tuple(names, versions, versions, versions).map(([used, one, two, three]) =>
      targetOf({
        secrets: { cert: one },
        clusters: Object.fromEntries(used.map(name => [name, one])),
        endpoints: Object.fromEntries(used.map(name => [name, two])),
        listeners: { lan: three },
        routes: { lan: [...used, one].join() },
      }),
    )
    fc.assert(
      fc.property(fc.array(anyTarget, { minLength: 1, maxLength: 6 }), fc.boolean(), (targets, comesBack) => {
        const dangling: string[] = []
        const hear = ({ type, resources }: Response) => {
          const routed = type === 'routes' ? [...resources.values()].flatMap(each => each.version.split(',').slice(0, -1)) : []
          for (const name of routed)
            if (!envoy.has.get('clusters')?.has(name) || !envoy.has.get('endpoints')?.has(name)) dangling.push(name)
          return false
        }
        const envoy = envoyOf(createStream(targets[0], times), hear)
        envoy.begin()
        for (const target of targets) {
          if (comesBack) envoy.comeBack(createStream(target, times))
          else envoy.aim(target)
          envoy.pass(100)
        }
        envoy.pass(times.patienceMs)
        envoy.pass(times.lingerMs)
        const last = targets.at(-1)
        for (const type of resourceTypes) {
          const wanted = [...(last?.[type] ?? [])].map(([name, { version }]) => [name, version])
          expect([type, Object.fromEntries(envoy.has.get(type) ?? [])]).toEqual([type, Object.fromEntries(wanted)])
        }
        expect(dangling).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('an Envoy that comes back', () => {
  test('is sent nothing when it has everything', () => {
    const envoy = envoyOf(createStream(targetOf(shop), times))
    envoy.begin()
    envoy.log.length = 0
    const stream = createStream(targetOf(shop), times)
    envoy.comeBack(stream)
    expect([envoy.log, stream.isSettled]).toEqual([[], true])
  })

  test('is sent only what differs, and told what is gone', () => {
    const envoy = envoyOf(createStream(targetOf(shop), times))
    envoy.begin()
    envoy.log.length = 0
    const next = { ...shop, clusters: { api: '1' }, endpoints: { api: '1' }, routes: { lan: '2' } }
    envoy.comeBack(createStream(targetOf(next), times))
    envoy.pass(500)
    expect(envoy.log).toEqual(['clusters api', 'endpoints api', 'routes lan', 'clusters -web'])
    expect(envoy.content()).toEqual(next)
  })
})

test('an Envoy that comes back has not taken what it was not asked about yet', () => {
  const stream = createStream(targetOf({ ...shop, routes: { lan: '2' } }), times)
  const same = (type: ResourceType, name: string, subscribe: readonly string[] = []) =>
    stream.request(request(type, { subscribe, initialVersions: new Map([[name, '1']]) }), 0)
  same('clusters', 'web')
  same('endpoints', 'web', ['web'])
  expect(stream.isSettled).toBe(false)
  same('listeners', 'lan')
  same('secrets', 'cert', ['cert'])
  expect(stream.isSettled).toBe(false)
  expect(shown(same('routes', 'lan', ['lan']).send)).toEqual(['routes lan'])
  expect(stream.isSettled).toBe(false)
})

describe('a refusal', () => {
  test('is told with what was refused, and nothing more is sent until there is something else', () => {
    const stream = createStream(targetOf(shop), times)
    stream.request(request('clusters'), 0)
    const { refusal, send } = stream.request(request('clusters', { nonce: '1', error: 'bad name' }), 0)
    expect(refusal).toEqual({ type: 'clusters', names: ['web'], message: 'bad name' })
    expect(send).toEqual([])
    expect(stream.request(request('listeners'), 0).send).toEqual([])
    expect(stream.look(10_000).send).toEqual([])
    expect(stream.isSettled).toBe(false)
  })

  test('leaves the rest of the answer to be sent again: some of it may have been taken', () => {
    const stream = createStream(targetOf({ clusters: { bad: '1', web: '1' } }), times)
    stream.request(request('clusters'), 0)
    stream.request(request('clusters', { nonce: '1', error: 'bad' }), 0)
    expect(shown(stream.aim(targetOf({ clusters: { web: '1' } }), 0).send)).toEqual(['clusters web'])
    stream.request(request('clusters', { nonce: '2' }), 0)
    stream.request(request('listeners'), 0)
    stream.request(request('listeners', { nonce: '3' }), 0)
    expect(shown(stream.look(times.lingerMs).send)).toEqual(['clusters -bad'])
  })

  test('that comes when there is something else is one of what was sent, and what there is now is tried', () => {
    const bad = targetOf({ clusters: { web: 'bad' } })
    const stream = createStream(bad, times)
    stream.request(request('clusters'), 0)
    stream.aim(targetOf({ clusters: { web: '2' } }), 0)
    const { refused, send } = stream.request(request('clusters', { nonce: '1', error: 'no' }), 0)
    expect([refused === bad, shown(send)]).toEqual([true, ['clusters web']])
  })

  test('that comes when something else is another is one of what there is, and is not tried again', () => {
    const stream = createStream(targetOf({ clusters: { web: 'bad' }, endpoints: { web: '1' } }), times)
    stream.request(request('clusters'), 0)
    const next = targetOf({ clusters: { web: 'bad' }, endpoints: { web: '2' } })
    stream.aim(next, 0)
    const { refused, send } = stream.request(request('clusters', { nonce: '1', error: 'no' }), 0)
    expect([refused === next, send]).toEqual([true, []])
  })

  test('of routes leaves those that were there', () => {
    const stream = createStream(targetOf(shop), times)
    const envoy = envoyOf(stream, ({ type, resources }) => type === 'routes' && resources.get('lan')?.version === 'bad')
    envoy.begin()
    envoy.aim(targetOf({ ...shop, routes: { lan: 'bad' } }))
    expect([envoy.content(), stream.isSettled]).toEqual([shop, false])
    envoy.aim(targetOf(shop))
    expect([envoy.content(), stream.isSettled]).toEqual([shop, true])
  })
})

test('a cluster that changes while endpoints are under way gets them once more', () => {
  const stream = createStream(targetOf({ clusters: { web: '1' }, endpoints: { web: '1' } }), times)
  stream.request(request('clusters'), 0)
  stream.request(request('endpoints', { subscribe: ['web'] }), 0)
  stream.request(request('clusters', { nonce: '1' }), 0)
  expect(shown(stream.aim(targetOf({ clusters: { web: '2' }, endpoints: { web: '1' } }), 0).send)).toEqual(['clusters web'])
  expect(shown(stream.request(request('endpoints', { nonce: '2' }), 0).send)).toEqual(['endpoints web'])
})

test('an Envoy that comes back while a cluster of it waits for endpoints, and says nothing of clusters, gets endpoints', () => {
  const stream = createStream(targetOf(shop), times)
  const initialVersions = new Map([['web', '1']])
  expect(stream.request(request('endpoints', { subscribe: ['web'], initialVersions }), 0).send).toEqual([])
  expect([stream.lookAt, shown(stream.look(999).send)]).toEqual([1000, []])
  expect(shown(stream.look(1000).send)).toEqual(['endpoints web'])
  stream.request(request('endpoints', { nonce: '1' }), 1000)
  expect(stream.look(9000).send).toEqual([])
})

test('routes wait for endpoints that an Envoy does not ask for, but not for ever', () => {
  const stream = createStream(targetOf({ clusters: { web: '1' }, endpoints: { web: '1' }, routes: { lan: '1' } }), times)
  stream.request(request('clusters'), 0)
  stream.request(request('routes', { subscribe: ['lan'] }), 0)
  expect(stream.request(request('clusters', { nonce: '1' }), 0).send).toEqual([])
  expect(stream.lookAt).toBe(1000)
  expect(shown(stream.look(1000).send)).toEqual(['routes lan'])
})
