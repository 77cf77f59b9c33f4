// The level of the log changes while the program runs, for every part of it, and only from beside it.
import { expect, test } from 'vitest'
import { serveHealth } from './health.ts'
import { logLevelRoute, toggleDebug } from './log-level.ts'
import { createLog } from './log.ts'

function program() {
  const lines: { readonly level: string; readonly msg: string }[] = []
  const log = createLog({ level: 'info', program: 'test', destination: { write: line => void lines.push(JSON.parse(line)) } })
  return { log, lines, part: log.child({ controller: 'service' }) }
}

test('PUT changes the level for parts that were made before, and says so in the log', async () => {
  const { log, lines, part } = program()
  await using server = await serveHealth({ port: 0, host: '127.0.0.1', unready: () => [], routes: [logLevelRoute(log)] })
  const url = `http://127.0.0.1:${server.port}/debug/log-level`
  part.debug({}, 'before')
  expect(await (await fetch(url)).text()).toBe('info\n')
  expect((await fetch(url, { method: 'PUT', body: 'debug' })).status).toBe(200)
  part.debug({}, 'after')
  expect(lines.map(({ msg }) => msg)).toEqual(['the level of the log is changed', 'after'])
  expect(await (await fetch(url)).text()).toBe('debug\n')
})

test('a word that is no level changes nothing and is answered with those there are', async () => {
  const { log } = program()
  await using server = await serveHealth({ port: 0, host: '127.0.0.1', unready: () => [], routes: [logLevelRoute(log)] })
  const answer = await fetch(`http://127.0.0.1:${server.port}/debug/log-level`, { method: 'PUT', body: 'loud'.repeat(1000) })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toBe('the level is one of debug, info, warn, error, silent\n')
  expect(log.level).toBe('info')
})

test('a signal turns to debug and back to what was asked for', () => {
  const { log } = program()
  log.level = 'warn'
  const toggle = toggleDebug(log)
  toggle()
  expect(log.level).toBe('debug')
  toggle()
  expect(log.level).toBe('warn')
})
