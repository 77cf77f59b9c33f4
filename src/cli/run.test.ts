// What commands say that meet what is not there.
import { expect, test } from 'vitest'
import { ApiError } from '../kubernetes/errors.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { ApiRequest, Transport } from '../kubernetes/transport.ts'
import { readArguments } from './arguments.ts'
import { MissingError } from './missing.ts'
import { runCommand } from './run.ts'

/** Against a cluster with nothing in it but the namespace `shop`. */
async function weir(...argv: readonly string[]) {
  let said = ''
  const transport: Transport = {
    server: 'https://10.0.0.1:6443',
    request: <T>({ path }: ApiRequest) => {
      if (path === '/api/v1/namespaces/nope') return Promise.reject(new ApiError(path, 404))
      if (path.startsWith('/apis/metallb.io/')) return Promise.reject(new ApiError(path, 404))
      if (path === '/api/v1/namespaces/secret') return Promise.reject(new ApiError(path, 403))
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever asks knows what is kept there
      return Promise.resolve({ metadata: {}, items: [] } as T)
    },
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('nobody listens')) }) }),
    stats: { connections: 0, requests: 0, retries: 0 },
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const unused = () => Promise.reject(new Error('nobody asks'))
  const code = await runCommand(readArguments(argv), {
    connect: () => Promise.resolve({ transport, namespace: undefined }),
    readFile: () => '',
    readers: {},
    makeForetellers: unused,
    version: '1',
    judge: unused,
    clock: simulatedClock(),
    signal: new AbortController().signal,
    colour: false,
    write: text => {
      said += text
    },
  })
  return { code, said }
}

test('status of a namespace that does not exist says so; of one that is empty, or that nobody may look at, nothing is there', async () => {
  await expect(weir('status', '-n', 'nope')).rejects.toThrow(/^there is no namespace nope$/)
  for (const name of ['shop', 'secret'])
    expect(await weir('status', '-n', name)).toMatchObject({
      code: 0,
      said: expect.stringContaining('No Service and no Ingress'),
    })
})

test('migrate from a misspelt project names the one that was meant', async () => {
  await expect(weir('migrate', '--from', 'metalb')).rejects.toThrow(/, not metalb; did you mean metallb\?$/)
})

test('migrate in a cluster without the kinds of MetalLB says so, and does not blame the command line', async () => {
  const asked = weir('migrate', '--from', 'metallb')
  await expect(asked).rejects.toThrow(/^there are no kinds of metallb\.io in this cluster/)
  await expect(asked).rejects.toBeInstanceOf(MissingError)
})
