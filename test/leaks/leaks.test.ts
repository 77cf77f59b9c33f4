// Which lines count as leaks, and which innocent ones do not.
import { expect, test } from 'vitest'
import { findLeaks, packageHosts } from './leaks.ts'

const folder = (...parts: readonly string[]) => `/${parts.join('/')}`

test.each([
  [`cd ${folder('work', 'main')}`],
  [`const cache = '${folder('root', '.cache', 'go')}'`],
  [`see ${folder('home', 'someone', 'weir')}`],
  [`file://${folder('Users', 'someone', 'weir')}`],
])('%s is the path of a machine', line => {
  expect(findLeaks(`first\n${line}\n`, [])).toMatchObject([{ line: 2 }])
})

test.each([
  ['github.com/kubernetes/kubernetes/homework/sheet'],
  ['root:x:0:0:root:/root:/bin/sh'],
  ['https://example.com/docs/work/items'],
  ['src/work/queue.ts'],
  ['apis/authentication.k8s.io/v1'],
])('%s is none', line => {
  expect(findLeaks(line, [])).toEqual([])
})

test('a host that this machine gets packages from must not be named', () => {
  const hosts = packageHosts({ GOPROXY: 'https://go.mirror.example/x,direct' }, 'https://npm.mirror.example/')
  expect(hosts).toEqual(['npm.mirror.example', 'go.mirror.example'])
  expect(findLeaks('GOPROXY=https://go.mirror.example/x', hosts)).toEqual([{ line: 1, what: 'package host: go.mirror.example' }])
})

test('a lock file does not say where its packages were', () => {
  const resolved = (url: string) => `      "resolved": "${url}",`
  expect(findLeaks(resolved('https://npm.mirror.example/a/-/a-1.tgz'), [])).toEqual([
    { line: 1, what: 'package host: npm.mirror.example' },
  ])
})
