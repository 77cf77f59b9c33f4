// The walk: what each sample Service got and from whom, and what a client on the LAN gets when it calls.
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import type { Lab } from './lab.ts'
import { LabError } from './errors.ts'
import { table, untilSettled } from './rows.ts'
import type { Row } from './rows.ts'
import { waitFor } from './waiting.ts'

const answers = z.array(z.union([z.object({ pod: z.string(), client: z.string() }), z.object({ error: z.string() })]))
const advertisements = z.array(z.object({ mac: z.string(), ms: z.number() }))

export type Call = { readonly answered: boolean; readonly line: string }

/** Who on the LAN says that it has the address, to the client that asks by ARP or NDP: the MAC and the milliseconds until it did. */
export async function askWhoHas(lab: Pick<Lab, 'client'>, address: string): Promise<{ mac: string; ms: number } | undefined> {
  if (isIPv6(address)) {
    const { stdout } = await lab.client.tryExec([process.execPath, join(import.meta.dirname, 'ask-ndp.ts'), address, '1', '2000'])
    return advertisements.parse(JSON.parse(stdout || '[]'))[0]
  }
  const { stdout } = await lab.client.tryExec(['arping', '-c', '1', '-w', '2', '-I', 'eth0', address])
  const [, mac = '', ms] = /\[([0-9A-F:]+)\]\s+([\d.]+)ms/.exec(stdout) ?? []
  return mac === '' ? undefined : { mac: mac.toLowerCase(), ms: Number(ms) }
}

/** Resolves an address of a row and calls it from the client; `line` tells what came back. */
export async function callFromClient(lab: Lab, row: Row, address: string): Promise<Call> {
  const resolved = await askWhoHas(lab, address)
  const question = isIPv6(address) ? 'NDP' : 'ARP'
  const time = resolved ? `${question} ${resolved.ms.toFixed(1)} ms` : `no ${question} answer`
  const calls = async (count: number) => {
    const program = join(import.meta.dirname, 'client-call.ts')
    const words = [process.execPath, program, row.protocol, address, String(row.port), String(count)]
    return answers.parse(JSON.parse(await lab.client.exec(words)))
  }
  await untilServed(address, async () => (await calls(1)).some(answer => 'pod' in answer))
  const got = await calls(10)
  const pods = [...new Set(got.flatMap(answer => ('pod' in answer ? [answer.pod] : [])))].toSorted()
  const seen = [...new Set(got.flatMap(answer => ('pod' in answer ? [answer.client] : [])))]
  const errors = [...new Set(got.flatMap(answer => ('error' in answer ? [answer.error] : [])))]
  const own = new Set([lab.client.address, lab.client.address6])
  const source = seen.map(from => (own.has(from) ? from : `${from} (SNAT by kube-proxy)`)).join(', ')
  const who = pods.length > 0 ? `${pods.join(', ')}, saw ${source}` : ''
  const trouble =
    errors.length > 0 ? `${got.filter(answer => 'error' in answer).length} of ${got.length} failed: ${errors.join(', ')}` : ''
  const what = row.protocol === 'udp' ? 'UDP  ' : 'GET /'
  return {
    answered: resolved !== undefined && errors.length === 0,
    line: `${time.padEnd(11)}  ${what} → ${[who, trouble].filter(Boolean).join('; ')}`,
  }
}

/** kube-proxy gathers changes for up to a second before it programs them; who never answers is told by the calls that follow. */
async function untilServed(address: string, probe: () => Promise<boolean>): Promise<void> {
  await waitFor(probe, { what: `an answer from ${address}`, timeoutMs: 10_000, everyMs: 100 }).catch(() => undefined)
}

/** Shows table and calls; answers the closing words. Throws LabError when a Service that should answer does not. */
export async function walk(lab: Lab, print: (text: string) => void, signal?: AbortSignal): Promise<string> {
  const all = await untilSettled(lab, signal)
  print(`\n${table(all)}\n\nFrom the client (${lab.client.address}, ${lab.client.address6}):`)
  const served = all.filter(({ expects }) => expects === undefined)
  const width = Math.max(...served.flatMap(({ addresses }) => addresses.map(({ address }) => address.length)))
  const silent = new Set<string>()
  for (const row of served) {
    for (const { address } of row.addresses) {
      const call = await callFromClient(lab, row, address)
      print(`  ${address.padEnd(width)}  ${call.line}`)
      if (!call.answered) silent.add(row.service)
    }
  }
  if (silent.size > 0) throw new LabError('not-ready', `no good answer from ${[...silent].join(', ')}`)
  return `${all.length} Services: ${served.length} answered, ${all.length - served.length} pending as the sample intends.`
}
