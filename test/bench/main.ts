// `npm run bench`: all benchmarks, or those that are named; each ends with one line of JSON, for programs.
import { parseArgs } from 'node:util'
import { agent } from './agent.ts'
import { agentPods } from './agent-pods.ts'
import { arp } from './arp.ts'
import { aws } from './aws.ts'
import { backlog } from './backlog.ts'
import { datapath } from './datapath.ts'
import { failover } from './failover.ts'
import { gateway } from './gateway.ts'
import type { BenchOptions } from './options.ts'

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Readonly<Record<string, unknown>>>>> = {
  backlog,
  aws,
  failover,
  arp,
  agent,
  'agent-pods': agentPods,
  datapath,
  gateway,
}

const usage = `Usage: npm run bench -- [NAME...] [options]

  NAME             ${Object.keys(benches).join(', ')} (default: all)
  --services N     Services in it (default: 1000; aws: 100; agent-pods, datapath: 10000)
  --rounds N       How often it is measured; medians are shown (default: 3; datapath and gateway three times as often)
  --json           Ends with one line of JSON also on a terminal; elsewhere it always does
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    services: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(benches)
const unknown = names.filter(name => !benches[name])
const numbers = [values.services ?? '1', values.rounds].map(Number)

if (values.help) console.log(usage)
else if (unknown.length > 0 || numbers.some(number => !Number.isSafeInteger(number) || number < 1)) {
  console.error(unknown.length > 0 ? `There is no bench ${unknown.join(', ')}.\n\n${usage}` : usage)
  process.exitCode = 2
} else {
  const stopping = new AbortController()
  let ended = ''
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      ended ||= signal
      stopping.abort(new Error(`ended by ${signal}`))
    })
  }
  const options = {
    services: values.services === undefined ? undefined : Number(values.services),
    rounds: Number(values.rounds),
    signal: stopping.signal,
  }
  const isForPrograms = values.json || !process.stdout.isTTY
  try {
    for (const name of names) {
      const figures = await benches[name]?.(options)
      if (isForPrograms) console.log(JSON.stringify({ bench: name, ...figures }))
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    // What fails when everything is being taken down says nothing.
    console.error(`bench: ended by ${ended}, nothing was measured to its end.`)
    process.exitCode = ended === 'SIGINT' ? 130 : 143
  }
}
