// Lists of clients that would fill every node close the routes of their Ingress; others are left alone.
import { expect, test } from 'vitest'
import { ownPrefix } from './row.ts'
import { readSettings } from './read.ts'

const read = (ranges: number, paths: number) =>
  readSettings({
    metadata: {
      namespace: 'default',
      name: 'shop',
      annotations: {
        [`${ownPrefix}allow-source-ranges`]: Array.from({ length: ranges }, (_, n) => `10.${n >> 8}.${n & 255}.0/24`).join(','),
      },
    },
    spec: {
      rules: [{ host: 'shop.example.com', http: { paths: Array.from({ length: paths }, (_, n) => ({ path: `/${n}` })) } }],
    },
  })

test('a long list in few routes, and a short one in many, are served', () => {
  for (const { settings, problems } of [read(250, 10), read(10, 3000)])
    expect([settings.closed, problems]).toEqual([undefined, []])
})

test('a long list in many routes closes them and says what to do', () => {
  const { settings, problems } = read(250, 1000)
  expect(settings.closed).toMatch(/allow-source-ranges list .* 1000 routes.*split the Ingress/)
  expect(problems.map(({ reason }) => reason)).toEqual(['RoutesClosed'])
})
