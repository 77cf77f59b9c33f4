// Region and VPC come from the class, the environment or the instance; when none tells, the error says who was asked.
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { instanceMetadata } from './instance-metadata.ts'
import { discoverLocation } from './location.ts'

const signal = new AbortController().signal
const unreachable = { get: () => Promise.reject(new Error('connect ETIMEDOUT')) }
const instance = (answers: Record<string, string>) => ({ get: async (path: string) => answers[path] })

describe('in this order', () => {
  const metadata = instance({ 'placement/region': 'eu-west-1', mac: '0a:1b', 'network/interfaces/macs/0a:1b/vpc-id': 'vpc-i' })
  test.each([
    [
      { region: 'us-west-2', vpcId: 'vpc-c' },
      { AWS_REGION: 'x', WEIR_AWS_VPC_ID: 'x' },
      { region: 'us-west-2', vpcId: 'vpc-c' },
    ],
    [{}, { AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1', WEIR_AWS_VPC_ID: 'vpc-e' }, { region: 'us-east-1', vpcId: 'vpc-e' }],
    [{}, {}, { region: 'eu-west-1', vpcId: 'vpc-i' }],
  ])('class %j, environment %j', async (fromClass, environment, location) => {
    expect(await discoverLocation({ class: fromClass, environment, metadata }, signal)).toEqual(location)
  })
})

test.each([
  [
    {},
    unreachable,
    'The region is not known: neither the class nor AWS_REGION nor AWS_DEFAULT_REGION say it, and instance metadata cannot tell (connect ETIMEDOUT).',
  ],
  [
    { AWS_REGION: 'us-west-2' },
    instance({}),
    'The VPC is not known: neither the class nor WEIR_AWS_VPC_ID say it, and instance metadata cannot tell (the instance does not tell).',
  ],
  [{ AWS_EC2_METADATA_DISABLED: 'true' }, instance({ 'placement/region': 'x' }), 'instance metadata is disabled'],
])('with %j and nobody who knows: not configured, to be tried later', async (environment, metadata, message) => {
  await expect(discoverLocation({ class: {}, environment, metadata }, signal)).rejects.toMatchObject({
    code: 'NotConfigured',
    retry: 'later',
    message: expect.stringContaining(message),
  })
})

test('the instance is asked with a token, and what it does not have is absent', async () => {
  const asked: string[] = []
  const server = createServer((request, answer) => {
    asked.push(`${request.method} ${request.url} ${String(request.headers['x-aws-ec2-metadata-token'] ?? '')}`)
    if (request.method === 'PUT') answer.end('secret')
    else answer.writeHead(request.url?.endsWith('/region') ? 200 : 404).end('us-west-2\n')
  })
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0
  const metadata = instanceMetadata(fetch, `http://127.0.0.1:${port}/`)
  expect(await metadata.get('placement/region', signal)).toBe('us-west-2')
  expect(await metadata.get('mac', signal)).toBeUndefined()
  expect(asked.slice(0, 2)).toEqual(['PUT /latest/api/token ', 'GET /latest/meta-data/placement/region secret'])
})
