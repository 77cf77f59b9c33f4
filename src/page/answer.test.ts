// Requests in, answers out: files, state, stories, and what is refused.
import { expect, test } from 'vitest'
import { type Answer, answer, type Content } from './answer.ts'
import { readAssets } from './assets.ts'
import { pageCluster } from './cluster-under-test.ts'
import { createSharing } from './pace.ts'
import { pageState } from './state.ts'

function content(over: Partial<Content> = {}): Content & { changes: number } {
  const cluster = pageCluster()
  const made: Content & { changes: number } = {
    changes: 0,
    assets: new Map(Object.entries(readAssets())),
    look: () => ({ changes: String(made.changes), self: cluster.self }),
    state: query => pageState(cluster.sources(), query),
    story: async () => undefined,
    inTurn: async make => make(),
    sharedState: createSharing(2),
    sharedStory: createSharing(2),
    ...over,
  }
  return made
}

const get = (target: string, from: Content, headers: Record<string, string> = {}): Promise<Answer> =>
  answer({ method: 'GET', target, headers: { host: 'localhost:8090', ...headers } }, from)

test('the document, its styles and its modules are served with their types, and every answer forbids what is not ours', async () => {
  const from = content()
  const types = await Promise.all(['/', '/?q=web', '/page.css', '/main.ts', '/icon.svg'].map(path => get(path, from)))
  expect(types.map(({ headers }) => headers['content-type']?.split(';')[0])).toEqual([
    'text/html',
    'text/html',
    'text/css',
    'text/javascript',
    'image/svg+xml',
  ])
  const refused = await get('/', from, { host: 'evil.example' })
  for (const each of [...types, refused, await get('/none', from), await get('/state', from)]) {
    expect(each.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(each.headers['x-content-type-options']).toBe('nosniff')
    expect(each.headers).not.toHaveProperty('access-control-allow-origin')
  }
  expect(refused.status).toBe(421)
  expect(refused.body).not.toContain('Service')
})

test('the files name nothing outside: no other origin, no script or style in the document, no import beyond the folder', () => {
  const assets = readAssets()
  for (const [path, { body }] of Object.entries(assets)) {
    for (const [, url] of body.matchAll(/\b(?:src|href|url\(|from|import)[=( ]*["']?((?:https?:)?\/\/[^"' )]+)/g))
      expect({ path, url }).toEqual({ path })
    for (const [, module = ''] of body.matchAll(/^import .* from '(.*)'/gm))
      expect(Object.keys(assets)).toContain(`/${module.slice(2)}`)
  }
  const document = assets['/index.html']?.body ?? ''
  expect(document).not.toMatch(/<style|\bstyle=|\bon[a-z]+=|<script(?![^>]*\bsrc=)/)
})

test('the state comes once, and then only when something changed or another question is asked', async () => {
  const from = content()
  const first = await get('/state', from)
  expect(JSON.parse(first.body ?? '')).toMatchObject({
    self: { leads: true },
    tables: [{ id: 'services' }, {}, {}, {}, {}, {}, {}, {}],
  })
  const known = { 'if-none-match': first.headers['etag'] ?? '' }
  expect(await get('/state', from, known)).toMatchObject({ status: 304 })
  expect(await get('/state?q=web', from, known)).toMatchObject({ status: 200 })
  from.changes++
  expect(await get('/state', from, known)).toMatchObject({ status: 200 })
})

test('a story is told of a Service or an Ingress that is there; else the answer says what is wrong', async () => {
  const blocks = [{ kind: 'line', text: 'default/web is served' }] as const
  const told = content({
    story: async ({ name }) => (name === 'web' ? { healthy: true, blocks, data: { hidden: 1 } } : undefined),
  })
  const story = await get('/story?of=service/default/web', told)
  expect(JSON.parse(story.body ?? '')).toEqual({ healthy: true, blocks })
  expect(await get('/story?of=service/default/web', told, { 'if-none-match': story.headers['etag'] ?? '' })).toMatchObject({
    status: 304,
  })
  expect(await get('/story?of=ingress/default/none', told)).toMatchObject({
    status: 404,
    body: 'There is no Ingress default/none any more.\n',
  })
  for (const of of ['', 'secret/default/web', 'service/web', 'service/../web', 'service/default/web/x'])
    expect(await get(`/story?of=${encodeURIComponent(of)}`, told)).toMatchObject({ status: 400 })
  const away = content({ story: () => Promise.reject(new Error('no answer within 15 s')) })
  expect(await get('/story?of=service/default/web', away)).toMatchObject({
    status: 502,
    body: 'The API server did not tell: no answer within 15 s\n',
  })
})

test('many who look at once are answered by one state and one story each; more different questions than can be are put off', async () => {
  const cluster = pageCluster()
  const turn = Promise.withResolvers<void>()
  let [states, stories] = [0, 0]
  const from = content({
    inTurn: async make => turn.promise.then(make),
    state: query => {
      states++
      return pageState(cluster.sources(), query)
    },
    story: async () => {
      stories++
      await turn.promise
      return { healthy: true, blocks: [], data: {} }
    },
  })
  const asked = ['/state', '/state?q=web', '/story?of=service/default/web'].flatMap(target =>
    Array.from({ length: 50 }, () => get(target, from)),
  )
  const putOff = await get('/state?q=dns', from)
  expect(putOff).toMatchObject({ status: 503, body: expect.stringContaining('too many') })
  turn.resolve()
  const answers = await Promise.all(asked)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect({ states, stories }).toEqual({ states: 2, stories: 1 })
  expect(await get('/state?q=dns', from)).toMatchObject({ status: 200 })
})
