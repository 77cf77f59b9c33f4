// The model of one object is told to who asks rightly, without secrets.
import { expect, test } from 'vitest'
import { stateRoute } from './debug-state.ts'
import { serveHealth } from './health.ts'

test('an object is told as JSON, with sets as lists and without secrets; what is unknown or unnamed is answered with what can be asked', async () => {
  const known = {
    object: { metadata: { name: 'web', annotations: { note: 'Bearer s3crets3cret' } } },
    desired: { families: new Set(['IPv4']), total: 2n ** 70n, password: 's3cret' },
  }
  const route = stateRoute({
    read: (kind, name) => (kind === 'service' && name.join('/') === 'default/web' ? known : undefined),
    forms: ['service/NAMESPACE/NAME'],
  })
  await using server = await serveHealth({ port: 0, host: '127.0.0.1', unready: () => [], routes: [route] })
  const get = (query: string) => fetch(`http://127.0.0.1:${server.port}/debug/state${query}`)
  const found = await get('?object=service/default/web')
  expect(found.headers.get('content-type')).toBe('application/json')
  const text = await found.text()
  expect(text).not.toContain('s3cret')
  expect(JSON.parse(text)).toMatchObject({ desired: { families: ['IPv4'], total: '1180591620717411303424' } })
  const other = await get('?object=service/default/other')
  expect(other.status).toBe(404)
  expect(await other.text()).toBe('there is no service/default/other here; known are: service/NAMESPACE/NAME\n')
  for (const wrong of ['', '?object=', '?object=service', '?object=service//web']) expect((await get(wrong)).status).toBe(400)
})
