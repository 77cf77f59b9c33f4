// The command line of the controller.
import { expect, test } from 'vitest'
import { UsageError, readOptions } from './options.ts'

const around = { env: {}, hostname: 'host-1', known: ['local', 'aws'] }

test('without options it runs the local provider, elects a leader and serves health on 8080', () => {
  expect(readOptions([], around)).toEqual({
    providers: ['local'],
    kubeconfig: undefined,
    context: undefined,
    namespace: 'weir-system',
    identity: 'host-1',
    leaderElect: true,
    healthPort: 8080,
    pagePort: 0,
    logLevel: 'info',
  })
})

test('flags win over the environment, the environment over defaults', () => {
  const env = { WEIR_NAMESPACE: 'lb', POD_NAME: 'weir-abc' }
  expect(readOptions([], { ...around, env })).toMatchObject({ namespace: 'lb', identity: 'weir-abc' })
  const args = ['--namespace', 'other', '--providers', 'aws, local,aws', '--leader-elect', 'false', '--health-port', '0']
  expect(readOptions(args, { ...around, env })).toMatchObject({
    namespace: 'other',
    providers: ['aws', 'local'],
    leaderElect: false,
    healthPort: 0,
  })
})

test.each([
  [['--providers', 'gcp'], '--providers: gcp is none of local, aws'],
  [['--providers', ','], '--providers: name at least one of local, aws'],
  [['--leader-elect', 'yes'], '--leader-elect: yes is none of true, false'],
  [['--health-port', '70000'], '--health-port: 70000 is no port'],
  [['--log-level', 'loud'], '--log-level: loud is none of debug, info, warn, error, silent'],
  [['--wrong'], "Unknown option '--wrong'"],
])('%j is refused with what can be used', (args, message) => {
  expect(() => readOptions(args, around)).toThrow(UsageError)
  expect(() => readOptions(args, around)).toThrow(message)
})

test('help is asked for by --help', () => {
  expect(readOptions(['--help'], around)).toBe('help')
})
