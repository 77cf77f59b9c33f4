// Changes the level of the log while the program runs: by a request from beside it, or by a signal.
import type { IncomingMessage } from 'node:http'
import { answer } from './health.ts'
import type { Route } from './health.ts'
import { logLevels } from './log.ts'
import type { LogLevel, ProgramLog } from './log.ts'

const longestBody = 64

/** GET tells the level, PUT with the word of another one as its body changes it. */
export function logLevelRoute(log: ProgramLog): Route {
  return {
    path: '/debug/log-level',
    methods: ['GET', 'HEAD', 'PUT'],
    from: 'loopback',
    async handle(request, response) {
      if (request.method === 'PUT') {
        const asked = (await bodyOf(request)).trim()
        const level = logLevels.find(each => each === asked)
        if (level === undefined) {
          answer(request, response, { code: 400, text: `the level is one of ${logLevels.join(', ')}\n` })
          return
        }
        log.level = level
      }
      answer(request, response, { code: 200, text: `${log.level}\n` })
    },
  }
}

/** What a signal does: to `debug`, and back to what it was. Returns the handler. */
export function toggleDebug(log: ProgramLog): () => void {
  let before: LogLevel = log.level === 'debug' ? 'info' : log.level
  return () => {
    if (log.level === 'debug') {
      log.level = before
      return
    }
    before = log.level
    log.level = 'debug'
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > longestBody) break
  }
  return text
}
