// Credentials from files as they lie on machines and in pods.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadCredentials } from './load-credentials.ts'
import { simulatedClock } from './simulated-clock.ts'

function folder(files: Readonly<Record<string, string>>) {
  const path = mkdtempSync(join(tmpdir(), 'credentials-'))
  const write = (name: string, content: string) => writeFileSync(join(path, name), content, { mode: 0o755 })
  for (const [name, content] of Object.entries(files)) write(name, content)
  return { path, write, file: (name: string) => join(path, name), [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server: 'https://10.0.0.1:6443/', 'certificate-authority': 'ca.crt', ...cluster } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'first', context: { cluster: 'here', user: 'me', namespace: 'weir-system' } }],
    'current-context': 'first',
  })
}

test('in a pod: server from the environment, token and CA from the mount, read again when the kubelet replaced them', async () => {
  using mount = folder({ token: 'one\n', 'ca.crt': 'CA 1', namespace: 'weir-system' })
  const clock = simulatedClock()
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', HOME: '/nonexistent' }
  const credentials = await loadCredentials({ clock, env, serviceAccountDirectory: mount.path })
  expect([credentials.server, credentials.namespace]).toEqual(['https://[fd00::1]:443', 'weir-system'])
  const first = await credentials.current()
  expect(first.headers).toEqual({ authorization: 'Bearer one' })
  mount.write('token', 'two')
  expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer one' })
  await clock.advance(10_000)
  const second = await credentials.current()
  expect(second.headers).toEqual({ authorization: 'Bearer two' })
  expect(second.generation).toBe(first.generation)
  mount.write('ca.crt', 'CA 2')
  credentials.invalidate()
  expect((await credentials.current()).generation).not.toBe(first.generation)
})

test('a kubeconfig with a client certificate, files beside it', async () => {
  using home = folder({
    config: kubeconfig({ 'client-certificate': 'me.crt', 'client-key': 'me.key' }),
    'ca.crt': 'CA',
    'me.crt': 'CERT',
    'me.key': 'KEY',
  })
  const credentials = await loadCredentials({ clock: simulatedClock(), kubeconfig: home.file('config') })
  expect([credentials.server, credentials.namespace]).toEqual(['https://10.0.0.1:6443', 'weir-system'])
  const { tls, headers } = await credentials.current()
  expect([String(tls.ca), String(tls.cert), String(tls.key), headers]).toEqual(['CA', 'CERT', 'KEY', {}])
})

test('a token, a token file that changes, and a name and password', async () => {
  using home = folder({
    token: kubeconfig({ token: 'abc' }),
    file: '',
    basic: kubeconfig({ username: 'me', password: 'pw' }),
    secret: 'old',
    'ca.crt': 'CA',
  })
  home.write('file', kubeconfig({ tokenFile: home.file('secret') }))
  const clock = simulatedClock()
  const headersOf = async (name: string) =>
    (await (await loadCredentials({ clock, kubeconfig: home.file(name) })).current()).headers
  expect(await headersOf('token')).toEqual({ authorization: 'Bearer abc' })
  expect(await headersOf('basic')).toEqual({ authorization: `Basic ${Buffer.from('me:pw').toString('base64')}` })
  const rotating = await loadCredentials({ clock, kubeconfig: home.file('file') })
  expect((await rotating.current()).headers).toEqual({ authorization: 'Bearer old' })
  home.write('secret', 'new')
  rotating.invalidate()
  expect((await rotating.current()).headers).toEqual({ authorization: 'Bearer new' })
})

test('an exec plugin is asked once, and again after a 401', async () => {
  using home = folder({ config: '', 'ca.crt': 'CA' })
  home.write('count', '')
  home.write(
    'plugin',
    `#!/bin/sh\nprintf x >> ${home.file('count')}\nprintf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t%s"}}' "$(wc -c < ${home.file('count')})"\n`,
  )
  home.write('config', kubeconfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: home.file('plugin') } }))
  const clock = simulatedClock()
  const credentials = await loadCredentials({ clock, kubeconfig: home.file('config') })
  expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer t1' })
  await clock.advance(60_000)
  expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer t1' })
  credentials.invalidate()
  expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer t2' })
})

test('an exec plugin that is missing is named, with what to do', async () => {
  using home = folder({ config: kubeconfig({ exec: { command: '/nonexistent/aws' } }), 'ca.crt': 'CA' })
  const credentials = await loadCredentials({ clock: simulatedClock(), kubeconfig: home.file('config') })
  await expect(credentials.current()).rejects.toMatchObject({
    code: 'Credentials',
    remedy: 'check that /nonexistent/aws runs by itself',
  })
})

test('several kubeconfigs are merged as kubectl does, and a context can be chosen', async () => {
  using home = folder({
    one: kubeconfig({ token: 'one' }),
    two: kubeconfig({ token: 'two' })
      .replaceAll('"here"', '"there"')
      .replaceAll('"me"', '"you"')
      .replaceAll('"first"', '"second"')
      .replace('10.0.0.1', '10.0.0.2'),
    'ca.crt': 'CA',
  })
  const env = { KUBECONFIG: `${home.file('one')}:${home.file('two')}` }
  const clock = simulatedClock()
  expect((await loadCredentials({ clock, env })).server).toBe('https://10.0.0.1:6443')
  const other = await loadCredentials({ clock, env, context: 'second' })
  expect([other.server, (await other.current()).headers]).toEqual(['https://10.0.0.2:6443', { authorization: 'Bearer two' }])
})

test('nothing to be found, an unreadable file, an unknown context: each says so and what to do', async () => {
  using home = folder({ broken: '{', config: kubeconfig({}), 'ca.crt': 'CA' })
  const clock = simulatedClock()
  await expect(loadCredentials({ clock, env: { HOME: '/nonexistent' } })).rejects.toMatchObject({
    remedy: 'set KUBECONFIG or pass --kubeconfig',
  })
  await expect(loadCredentials({ clock, kubeconfig: home.file('broken') })).rejects.toThrow('cannot read the kubeconfig')
  await expect(loadCredentials({ clock, kubeconfig: '/nonexistent' })).rejects.toThrow(
    /^cannot read the kubeconfig \/nonexistent: there is no such file$/,
  )
  await expect(loadCredentials({ clock, kubeconfig: home.file('config'), context: 'nowhere' })).rejects.toThrow(
    'names no cluster for context nowhere',
  )
})
