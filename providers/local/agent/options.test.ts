import { expect, test } from 'vitest'
import { AgentUsageError, readAgentOptions } from './options.ts'

test('in a DaemonSet everything comes from the environment', () => {
  expect(readAgentOptions([], { NODE_NAME: 'n0', POD_NAMESPACE: 'weir-system' })).toEqual({
    node: 'n0',
    namespace: 'weir-system',
    kubeconfig: undefined,
    context: undefined,
    healthPort: 8080,
    metricsListen: undefined,
    metricsTokenFile: '',
    logLevel: 'info',
    ping: true,
    refreshMs: 60_000,
    conflictPolicy: 'defend',
    dropUnclaimed: 'auto',
    gatewaySocket: '',
    gatewayGroup: undefined,
  })
})

test('to uninstall, no node needs a name', () => {
  expect(readAgentOptions(['--uninstall'], {})).toBe('uninstall')
})

test('flags win over the environment', () => {
  const words = ['--node', 'n1', '--namespace', 'edge', '--health-port', '0', '--log-level', 'debug', '--kubeconfig', '/k']
  expect(readAgentOptions(words, { NODE_NAME: 'n0', WEIR_NAMESPACE: 'weir' })).toMatchObject({
    node: 'n1',
    namespace: 'edge',
    healthPort: 0,
    logLevel: 'debug',
    kubeconfig: '/k',
  })
  expect(readAgentOptions(['--help'], {})).toBe('help')
})

test.each([
  ['no node', [], 'NODE_NAME'],
  ['a log level that is none', ['--node', 'n', '--log-level', 'loud'], 'loud is none of'],
  ['a port that is none', ['--node', 'n', '--health-port', '70000'], '70000 is no port'],
  ['an unknown flag', ['--nodes', 'n'], '--nodes'],
])('%s is refused with a word that helps', (_what, words, message) => {
  expect(() => readAgentOptions(words, {})).toThrow(AgentUsageError)
  expect(() => readAgentOptions(words, {})).toThrow(message)
})

test('how addresses are announced can be told', () => {
  const words = ['--node', 'n0', '--ping', 'off', '--refresh', '0', '--on-conflict', 'yield', '--drop-unclaimed', 'on']
  expect(readAgentOptions(words, {})).toMatchObject({
    ping: false,
    refreshMs: 0,
    conflictPolicy: 'yield',
    dropUnclaimed: 'on',
  })
  for (const wrong of [
    ['--ping', 'yes'],
    ['--refresh', '-1'],
    ['--on-conflict', 'fight'],
    ['--drop-unclaimed', 'maybe'],
  ])
    expect(() => readAgentOptions(['--node', 'n0', ...wrong], {})).toThrow(wrong[0])
})

test('metrics can be served at an address of the node, of either family', () => {
  const listen = (text: string) => readAgentOptions(['--node', 'n0', '--metrics-listen', text, '--metrics-token-file', '/t'], {})
  expect(listen('192.0.2.1:9464')).toMatchObject({ metricsListen: { host: '192.0.2.1', port: 9464 }, metricsTokenFile: '/t' })
  expect(listen('[2001:db8::1]:9464')).toMatchObject({ metricsListen: { host: '2001:db8::1', port: 9464 } })
  expect(listen('2001:db8::1:9464')).toMatchObject({ metricsListen: { host: '2001:db8::1', port: 9464 } })
  for (const wrong of ['9464', ':9464', 'n0:9464', '192.0.2.1:99999', '192.0.2.1'])
    expect(() => listen(wrong)).toThrow('--metrics-listen')
})
