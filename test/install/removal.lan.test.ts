// Removing Weir as README tells it: nothing of it is left in the API, on the nodes or on the LAN, also when its programs went first.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attempt } from '../lab/command.ts'
import { applySamples, buildBundle, installWeir } from '../lab/install.ts'
import { startLab } from '../lab/lab.ts'
import type { Lab } from '../lab/lab.ts'
import { fullPath } from '../lab/machine.ts'
import { untilSettled } from '../lab/rows.ts'
import { takeDownAbandoned } from '../lab/take-down.ts'

const root = join(import.meta.dirname, '..', '..')
const overlay = join(root, 'deploy', 'lab')
const crds = join(root, 'crds')
const system = ['-n', 'weir-system']

let lab: Lab
beforeAll(async () => {
  process.env['PATH'] = fullPath()
  const name = `removal-${process.pid}`
  await takeDownAbandoned(name)
  lab = await startLab({ name, nodes: 2, bundle: await buildBundle() })
  await installWeir(lab, 180)
  await applySamples(lab, true)
  await untilSettled(lab, undefined, 180_000)
})
afterAll(() => lab?.[Symbol.asyncDispose]())

const check = () =>
  attempt([process.execPath, join(root, 'src', 'main-cli.ts'), 'uninstall', '--check', '--kubeconfig', lab.kubeconfig], {
    cwd: root,
  })

/** What is in the kernel of a node because of Weir. */
async function onNode(index: number): Promise<readonly string[]> {
  const tables = await lab.node(index).exec(['nft', 'list', 'tables'])
  const rules = await Promise.all(['-4', '-6'].map(family => lab.node(index).exec(['ip', family, 'rule'])))
  const found = `${tables}\n${rules.join('\n')}`.split('\n')
  return found.filter(line => /weir/.test(line) || /^(2017|2018)\d:/.test(line)).map(line => line.trim())
}

const answersArp = async (address: string) =>
  (await lab.client.tryExec(['arping', '-c', '2', '-w', '3', '-I', 'eth0', address])).code === 0

async function names(kinds: string, ...words: readonly string[]): Promise<readonly string[]> {
  return (await lab.kubectl(['get', kinds, ...words, '-o', 'name'])).split('\n').filter(Boolean)
}

const addressOf = () => lab.kubectl(['get', 'service', 'web', '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'])

/** The Services of type LoadBalancer; each is given up, and the rest of the samples stays. */
async function deleteServed(...words: readonly string[]): Promise<void> {
  const served = (
    await lab.kubectl(['get', 'services', '-o', 'jsonpath={.items[?(@.spec.type=="LoadBalancer")].metadata.name}'])
  ).split(' ')
  await lab.kubectl(['delete', 'services', ...served, ...words])
  await lab.kubectl(['delete', 'ingresses', '--all', ...words])
}

test('when the programs went first, it is told what holds the rest, and how to go on', async () => {
  await lab.kubectl(['delete', '-k', overlay, '--wait=false'])
  await expect.poll(() => names('pods', ...system), { timeout: 120_000 }).toEqual([])
  await deleteServed('--wait=false')
  // The namespace ends its Services a moment after it was deleted.
  await expect
    .poll(async () => (await check()).stdout, { timeout: 120_000 })
    .toMatch(/^1\. 1 Services that hold the namespace weir-system/)
  const stuck = await check()
  expect(stuck.code).toBe(1)
  expect(stuck.stdout).toContain('weir-system/weir-gateway-lan')
  expect(stuck.stdout).toContain('default/web')

  await lab.kubectl([...system, 'patch', 'service', 'weir-gateway-lan', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])
  await lab.kubectl(['wait', '--for=delete', 'namespace/weir-system', '--timeout=180s'])
  await installWeir(lab, 180)
  await expect.poll(() => lab.kubectl(['get', 'services', '-o', 'jsonpath={.items[*].metadata.finalizers}'])).toBe('')
})

test('in the documented order nothing is left', async () => {
  await applySamples(lab, true)
  await untilSettled(lab, undefined, 180_000)
  const address = await addressOf()
  expect(await answersArp(address)).toBe(true)
  expect((await onNode(0)).join()).toContain('weir')

  await deleteServed('--timeout=120s')
  await lab.kubectl(['delete', 'loadbalancerclasses,addresspools', '--all', '--timeout=120s'])
  await expect
    .poll(async () => (await check()).stdout, { timeout: 120_000 })
    .toContain('Nothing of Weir is left but its programs and kinds')
  expect((await check()).code).toBe(0)
  await lab.kubectl(['delete', '-k', overlay, '--timeout=180s'])
  await lab.kubectl(['delete', '-f', crds, '--wait=false'])

  expect(await answersArp(address)).toBe(false)
  for (const { name } of lab.nodes) expect([name, await onNode(Number(name.slice(1)))]).toEqual([name, []])
  const kinds = 'clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings,namespaces'
  expect((await names(kinds)).filter(name => name.includes('weir'))).toEqual([])
  expect((await names('roles,rolebindings,leases', '-A')).filter(name => name.includes('weir'))).toEqual([])
  const held = await lab.kubectl(['get', 'services,ingresses,nodes,pods', '-A', '-o', 'jsonpath={.items[*].metadata.finalizers}'])
  expect(held).not.toContain('weir')
  await expect.poll(() => names('crds'), { timeout: 300_000 }).not.toContainEqual(expect.stringContaining('weir.dev'))
})
