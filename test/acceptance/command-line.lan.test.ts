// The command line against the cluster of the lab: what it says is what the cluster does, and its exit codes.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SharedLab } from '../lab/shared-lab.ts'
import { sharedLab } from '../lab/shared-lab.ts'
import { waitFor } from '../lab/waiting.ts'
import { ownerOf } from './user.ts'

let lab: SharedLab
beforeAll(async () => {
  lab = await sharedLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

const program = join(import.meta.dirname, '..', '..', 'src', 'main-cli.ts')

function weir(...argv: readonly string[]) {
  return weirWith('', ...argv)
}

function weirWith(input: string, ...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'utf8',
    input,
    env: { ...process.env, KUBECONFIG: lab.kubeconfig },
  })
  return { code: status, stdout, stderr }
}

test('status shows every sample, and says by its exit code that one is not ready', () => {
  const { code, stdout } = weir('status')
  expect(stdout).toMatch(/^default\/web +lan +Node +10\.201\.200\.\d+ +n\d eth0 [0-9a-f:]{17} +3\/3 +yes$/m)
  expect(stdout).toMatch(/^default\/broken .* no: RequestedAddressOutsidePools$/m)
  expect(code).toBe(1)
})

test('explain names the node that announces, and every pod that is a target', async () => {
  const address: string = JSON.parse(weir('explain', 'service/web-pods', '-o', 'json').stdout).addresses[0].address
  const owner = await ownerOf(lab, address)
  const { code, stdout } = weir('explain', 'service/web-pods')
  expect(stdout).toContain(`announced           by ${owner?.node ?? 'nobody'} eth0 ${owner?.mac ?? ''}`)
  const pods = (await lab.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'name'])).trim().split('\n')
  for (const pod of pods) expect(stdout).toMatch(new RegExp(`in +${pod.replace('pod/', '')} +10\\.244\\.`))
  expect(code).toBe(0)
})

test('plan says which address a new Service would get and who would announce it, and makes nothing', async () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'planned' },
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: 'weir.dev/lan',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 'http' }],
    },
  }
  const { code, stdout } = weirWith(JSON.stringify(service), 'plan', '-f', '-')
  const address = /^default\/planned would get (10\.201\.200\.\d+) /m.exec(stdout)?.[1] ?? ''
  expect(stdout).toMatch(new RegExp(`^ {2}\\+ announcement {2}${address.replaceAll('.', '\\.')} by n\\d, after it n\\d`, 'm'))
  expect(stdout).toMatch(/^ {2}then +ready\. /m)
  expect(code).toBe(0)
  expect(await lab.kubectl(['get', 'services', '-o', 'name'])).not.toContain('planned')
})

test('diff finds nothing at a Service that is served as it should be', async () => {
  let last = ''
  await waitFor(
    async () => {
      const { code, stdout } = weir('diff', 'service/web')
      last = stdout
      return code === 0
    },
    { what: 'nothing to differ', timeoutMs: 90_000, everyMs: 500, explain: () => last },
  )
  expect(last).toBe('1 object compared: what is there is what should be.\n')
})

test('doctor has looked at the nodes, and has a fix for whatever is wrong', () => {
  const { checks } = JSON.parse(weir('doctor', '-o', 'json').stdout)
  const states = new Map(checks.map(({ check, state }: { check: string; state: string }) => [check, state]))
  for (const check of ['Kubernetes', 'reverse path', 'forwarding']) expect(states.get(check), check).toBe('well')
  for (const { state, found, fix } of checks) {
    expect(found).not.toBe('')
    if (state === 'wrong') expect(fix).toMatch(/\S/)
  }
})

test('a Service and a cluster that are not there have exit codes of their own', () => {
  expect(weir('explain', 'service/nobody')).toMatchObject({ code: 4, stderr: 'weir: there is no Service default/nobody\n' })
  expect(weir('status', '--kubeconfig', '/nonexistent').code).toBe(3)
  expect(weir('what').code).toBe(2)
})
