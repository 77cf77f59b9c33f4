// Which lines count as leaks, and which innocent ones do not.
import { expect, test } from 'vitest'
import { findLeaks, mirrorHosts } from './leaks.ts'

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

test('a mirror that this machine uses must not be named, a public registry may be', () => {
  const mirrors = mirrorHosts({ GOPROXY: 'https://go.mirror.example/x,direct' }, 'https://registry.npmjs.org/')
  expect(mirrors).toEqual(['go.mirror.example'])
  expect(findLeaks('GOPROXY=https://go.mirror.example/x', mirrors)).toEqual([
    { line: 1, what: 'package mirror: go.mirror.example' },
  ])
})

test('packages of a lock file come from the public registry', () => {
  const resolved = (url: string) => `      "resolved": "${url}",`
  expect(findLeaks(resolved('https://registry.npmjs.org/a/-/a-1.tgz'), [])).toEqual([])
  expect(findLeaks(resolved('https://npm.mirror.example/a/-/a-1.tgz'), [])).toMatchObject([{ line: 1 }])
})
