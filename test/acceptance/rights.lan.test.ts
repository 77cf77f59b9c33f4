// What the Pods of Weir may do on a node and in the API: what their manifests name, and it is enough.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sharedLab } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { deniedByPolicy, refusedRequests, requestsOfWeir } from './audit.ts'

let lab: SharedLab
beforeAll(async () => {
  lab = await sharedLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

/** Bits of the capabilities that Weir's manifests name (linux/capability.h). */
const bits: Readonly<Record<string, number>> = { NET_ADMIN: 12, NET_RAW: 13 }

/** The capability sets and the user of every process on the nodes that runs `program`, from /proc/PID/status. */
function statusOf(program: RegExp): readonly Readonly<Record<string, string>>[] {
  const found = lab.nodes.flatMap(node => node.find(program))
  return found.map(({ pid }) =>
    Object.fromEntries(
      readFileSync(`/proc/${pid}/status`, 'utf8')
        .split('\n')
        .map(line => line.split(/:\s+/))
        .map(([key = '', value = '']) => [key, value]),
    ),
  )
}

async function namedCapabilities(workload: string): Promise<string> {
  const path = 'jsonpath={.spec.template.spec.containers[0].securityContext.capabilities}'
  const { add = [], drop }: { readonly add?: readonly string[]; readonly drop: readonly string[] } = JSON.parse(
    await lab.kubectl(['-n', 'weir-system', 'get', workload, '-o', path]),
  )
  expect(drop).toEqual(['ALL'])
  const mask = add.reduce((sum, name) => sum | (1n << BigInt(bits[name] ?? Number.NaN)), 0n)
  return mask.toString(16).padStart(16, '0')
}

test.each([
  ['agent', 'daemonset/weir-agent', /agent\.mjs/, 3, '0\t0\t0\t0'],
  ['controller', 'deployment/weir-controller', /controller\.mjs/, 2, '65532\t65532\t65532\t65532'],
  ['gateway', 'daemonset/weir-gateway', /^envoy --/, 3, '101\t101\t101\t101'],
])('the %s holds only the capabilities that its manifest names', async (_name, workload, program, count, uid) => {
  const named = await namedCapabilities(workload)
  const processes = statusOf(program)
  expect(processes).toHaveLength(count)
  for (const { CapEff, CapPrm, CapBnd, CapInh, CapAmb, NoNewPrivs, Seccomp, Uid } of processes) {
    expect({ CapEff, CapPrm, CapBnd, NoNewPrivs, Seccomp, Uid }).toEqual({
      CapEff: named,
      CapPrm: named,
      CapBnd: named,
      NoNewPrivs: '1',
      Seccomp: '2',
      Uid: uid,
    })
    expect([CapInh, CapAmb]).toEqual(['0'.repeat(16), '0'.repeat(16)])
  }
})

test('they come to the API server with the tokens of their Pods, and it refuses nothing they ask for', async () => {
  const users = new Set(requestsOfWeir(lab).map(({ user }) => user.username))
  expect([...users].toSorted()).toEqual([
    'system:serviceaccount:weir-system:weir-agent',
    'system:serviceaccount:weir-system:weir-controller',
  ])
  expect(refusedRequests(lab)).toEqual([])
})

test('each agent keeps within its own node, as the admission policy wants it', async () => {
  const actions = await lab.kubectl(['get', 'validatingadmissionpolicybinding', 'weir-agent-own-node', '-o', 'jsonpath={.spec}'])
  expect(JSON.parse(actions)).toEqual({ policyName: 'weir-agent-own-node', validationActions: ['Deny'] })
  expect(deniedByPolicy(lab)).toEqual([])
})

test('their logs are lines of JSON', async () => {
  const pods = (await lab.kubectl(['-n', 'weir-system', 'get', 'pods', '-o', 'name'])).trim().split('\n')
  expect(pods).toHaveLength(8)
  const logs = await Promise.all(pods.map(pod => lab.kubectl(['-n', 'weir-system', 'logs', pod])))
  for (const line of logs.flatMap(log => log.split('\n')).filter(Boolean)) expect(JSON.parse(line)).toBeTypeOf('object')
})
