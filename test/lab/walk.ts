// The walk: what each sample Service got and from whom, and what a client on the LAN gets when it calls.
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import type { Lab } from './lab.ts'
import { LabError } from './errors.ts'
import { table, untilSettled } from './rows.ts'
import type { Row } from './rows.ts'

const answers = z.array(z.union([z.object({ pod: z.string(), client: z.string() }), z.object({ error: z.string() })]))
const advertisements = z.array(z.object({ mac: z.string(), ms: z.number() }))

/** `answered`: as the Service promises, with targets Pod to the client's own address. */
export type Call = { readonly answered: boolean; readonly line: string }

/** Who on the LAN says that it has the address, to the client that asks by ARP or NDP: the MAC and the milliseconds until it did. */
export async function askWhoHas(lab: Pick<Lab, 'client'>, address: string): Promise<{ mac: string; ms: number } | undefined> {
  if (isIPv6(address)) {
    const ask = async (...times: readonly string[]) => {
      const { stdout } = await lab.client.tryExec([process.execPath, join(import.meta.dirname, 'ask-ndp.ts'), address, ...times])
      return advertisements.parse(JSON.parse(stdout || '[]')).toSorted((a, b) => a.ms - b.ms)[0]
    }
    // The first answer is read by a program that has just started.
    return (await ask('3', '50')) ?? ask('1', '2000')
  }
  const { stdout } = await lab.client.tryExec(['arping', '-c', '1', '-w', '2', '-I', 'eth0', address])
  const [, mac = '', ms] = /\[([0-9A-F:]+)\]\s+([\d.]+)ms/.exec(stdout) ?? []
  return mac === '' ? undefined : { mac: mac.toLowerCase(), ms: Number(ms) }
}

/** kube-proxy gathers changes for up to a second before it programs them; who never answers is told by the calls that follow. */
const patienceMs = 10_000

/** Calls an address of a row from the client ten times; `line` tells what came back. */
export async function callFromClient(lab: Pick<Lab, 'client'>, row: Row, address: string): Promise<Call> {
  const program = join(import.meta.dirname, 'client-call.ts')
  const words = [process.execPath, program, row.protocol, address, String(row.port), '10', String(patienceMs)]
  const got = answers.parse(JSON.parse(await lab.client.exec(words)))
  const pods = [...new Set(got.flatMap(answer => ('pod' in answer ? [answer.pod] : [])))].toSorted()
  const seen = [...new Set(got.flatMap(answer => ('pod' in answer ? [answer.client] : [])))]
  const errors = got.flatMap(answer => ('error' in answer ? [answer.error] : []))
  const own = new Set([lab.client.address, lab.client.address6])
  const source = seen.map(from => (own.has(from) ? from : `${from} (SNAT by kube-proxy)`)).join(', ')
  const saw = pods.length > 1 && seen.length === 1 ? 'each saw' : 'saw'
  const policy = row.isLocal && row.targets !== 'Pod' ? ' (externalTrafficPolicy: Local)' : ''
  const who = pods.length > 0 ? `${pods.join(', ')}, ${saw} ${source}${policy}` : ''
  const trouble = errors.length > 0 ? `${errors.length} of ${got.length} failed: ${[...new Set(errors)].join(', ')}` : ''
  const what = row.protocol === 'udp' ? 'UDP  ' : 'GET /'
  // Pods that are reached straight see who calls; on the way through kube-proxy only some do.
  const isSeen = row.targets !== 'Pod' || seen.every(from => own.has(from))
  return { answered: errors.length === 0 && isSeen, line: `${what} → ${[who, trouble].filter(Boolean).join('; ')}` }
}

/** How many Services the walk saw in which state. */
export type Count = { readonly answered: number; readonly pending: number; readonly inAws: number }

/** The closing words: `7 Services: 5 answered, 1 pending as the sample intends, 1 set up in AWS.` */
export function countWords({ answered, pending, inAws }: Count): string {
  const parts = [
    `${answered} answered`,
    `${pending} pending as the sample intends`,
    ...(inAws > 0 ? [`${inAws} set up in AWS`] : []),
  ]
  return `${answered + pending + inAws} Services: ${parts.join(', ')}.`
}

/** Shows table and calls; answers how many there were. Throws LabError when a Service that should answer does not. */
export async function walk(lab: Lab, print: (text: string) => void, signal?: AbortSignal): Promise<Count> {
  const all = await untilSettled(lab, signal)
  print(`\n${table(all)}`)
  for (const { service, reason, message } of all.filter(({ ready }) => !ready)) print(`  ${service}  ${reason}: ${message}`)
  print(`\nFrom the client (${lab.client.address}, ${lab.client.address6}):`)
  const served = all.filter(({ expects }) => expects === undefined)
  const each = served.flatMap(row => row.addresses.map(({ address }) => ({ row, address })))
  const width = Math.max(...each.map(({ address }) => address.length))
  const calls = each.map(({ row, address }) => callFromClient(lab, row, address))
  await Promise.allSettled(calls)
  const silent = new Set<string>()
  for (const [index, { row, address }] of each.entries()) {
    const owner = await askWhoHas(lab, address)
    const call = await calls[index]
    const question = isIPv6(address) ? 'NDP' : 'ARP'
    const time = owner ? `${question} ${owner.ms.toFixed(1)} ms` : `no ${question} answer`
    print(`  ${address.padEnd(width)}  ${time.padEnd(11)}  ${call?.line}`)
    if (!owner || !call?.answered) silent.add(row.service)
  }
  if (silent.size > 0) throw new LabError('not-ready', `no good answer from ${[...silent].join(', ')}`)
  return { answered: served.length, pending: all.length - served.length, inAws: 0 }
}
