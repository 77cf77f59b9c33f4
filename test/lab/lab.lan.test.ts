// The full lab: real Pods on real nodes, a LAN where ARP is really asked, parts that die and come back, and nothing left afterwards.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLab } from './lab.ts'
import { descendantsOf, isAlive } from './proc.ts'
import { sharedLab } from './shared-lab.ts'
import type { SharedLab } from './shared-lab.ts'
import { labNames } from './state.ts'
import { takeDownAbandoned } from './take-down.ts'
import { waitFor } from './waiting.ts'

describe('the lab that tests share', () => {
  let lab: SharedLab
  beforeAll(async () => {
    lab = await sharedLab()
  })
  afterAll(async () => {
    await lab.tryKubectl(['delete', 'service', 'web-port', '--ignore-not-found'])
    await lab[Symbol.asyncDispose]()
  })

  const nodePort = async () => {
    const existing = await lab.tryKubectl(['get', 'service', 'web-port', '-o', 'jsonpath={.spec.ports[0].nodePort}'])
    if (existing.code === 0) return existing.stdout
    await lab.kubectl(['create', 'service', 'nodeport', 'web-port', '--tcp=80:8080'])
    await lab.kubectl(['patch', 'service', 'web-port', '-p', '{"spec":{"selector":{"app":"web"}}}'])
    return lab.kubectl(['get', 'service', 'web-port', '-o', 'jsonpath={.spec.ports[0].nodePort}'])
  }
  const call = async (address: string, port: string, count = 6) => {
    const words = [process.execPath, join(import.meta.dirname, 'client-call.ts'), 'http', address, port, String(count)]
    const answers: { readonly pod?: string; readonly client?: string; readonly error?: string }[] = JSON.parse(
      await lab.client.exec(words),
    )
    return answers
  }

  test('a client outside the network of the nodes resolves a node by ARP', async () => {
    const answer = await lab.client.exec(['arping', '-c', '1', '-w', '20', '-I', 'eth0', lab.node(1).address])
    const mac = (await lab.node(1).exec(['cat', '/sys/class/net/eth0/address'])).trim()
    expect(answer.toLowerCase()).toContain(mac)
  })

  test('a node port of one node is served by the Pods of all, and the Pod of another node sees the node', async () => {
    const port = await nodePort()
    await waitFor(async () => (await call(lab.node(0).address, port)).every(answer => answer.error === undefined), {
      what: 'kube-proxy',
    })
    const answers = await call(lab.node(0).address, port, 40)
    expect(new Set(answers.map(answer => answer.pod)).size).toBe(3)
    expect(answers.map(answer => answer.client)).toContain(lab.node(0).address)
  })

  test('nodes, Pods and Services have addresses of both families, and Pods of other nodes are reached over both', async () => {
    const addresses = async (kind: string, path: string) =>
      (await lab.kubectl(['get', kind, '-o', `jsonpath=${path}`])).split(' ')
    expect(await addresses('node/n1', '{.status.addresses[?(@.type=="InternalIP")].address}')).toEqual([
      lab.node(1).address,
      lab.node(1).address6,
    ])
    const pods = await addresses('pods', '{.items[?(@.metadata.labels.app=="web")].status.podIPs[*].ip}')
    expect(pods).toHaveLength(6)
    const program = 'fetch(process.argv[1]).then(answer => answer.json()).then(({ client }) => console.log(client))'
    const [asking = ''] = await addresses('pods', '{.items[?(@.metadata.labels.app=="web")].metadata.name}')
    for (const address of pods) {
      const url = `http://${address.includes(':') ? `[${address}]` : address}:8080/`
      const client = (await lab.pod(asking).exec(['node', '-e', program, url])).trim()
      expect(pods.slice(0, 2)).toContain(client)
      expect(await lab.client.exec([process.execPath, '-e', program, url])).toBe(
        `${address.includes(':') ? lab.client.address6 : lab.client.address}\n`,
      )
    }
  })

  test('connections that a client holds tell who serves them, and that they broke; answers come in packets of full size too', async () => {
    const [name = '', address = '', node = ''] = (
      await lab.kubectl([
        ...'get pods -l app=web -o'.split(' '),
        'jsonpath={.items[0].metadata.name} {.items[0].status.podIPs[1].ip} {.items[0].spec.nodeName}',
      ])
    ).split(' ')
    const program = 'fetch(process.argv[1]).then(answer => answer.bytes()).then(({ length }) => console.log(length))'
    expect(await lab.client.exec([process.execPath, '-e', program, `http://[${address}]:8080/bytes/100000`])).toBe('100000\n')

    const restarts = () => lab.kubectl(['get', 'pod', name, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}'])
    const before = await restarts()
    const hold = join(import.meta.dirname, 'hold-connections.ts')
    await using holding = await lab.client.start('hold', [process.execPath, hold, address, '8080', '3'])
    await holding.untilLine(/holding/)
    expect(lab.nodes.find(each => each.name === node)?.signal(/echo\.ts/, 'SIGKILL')).toBeGreaterThan(0)
    await waitFor(async () => (await restarts()) !== before, { what: `${name} to start again`, everyMs: 200 })
    await holding.kill('SIGTERM')
    const held: readonly object[] = JSON.parse(holding.output().trim().split('\n').at(-1) ?? '')
    const broken = { pod: name, node, client: lab.client.address6, gapMs: expect.any(Number), ended: expect.any(String) }
    expect(held).toEqual([broken, broken, broken])
  })

  test('exec and logs reach a container through the API server and a kubelet that lets nobody else in', async () => {
    const name = (await lab.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}'])).trim()
    expect(await lab.pod(name).exec(['node', '--version'])).toBe(`${process.version}\n`)
    expect(await lab.pod(name).logs()).toBe('')
    const anonymous = 'fetch("https://127.0.0.1:10250/pods").then(answer => console.log(answer.status))'
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    expect(await lab.node(0).exec([process.execPath, '-e', anonymous], { env })).toBe('401\n')
  })

  test('a neutral observer on the LAN sees who is asked for', async () => {
    await using observer = await lab.attach('observer', '10.201.0.99')
    expect((await observer.tryExec(['arping', '-c', '1', '-w', '20', '-I', 'eth0', lab.node(0).address])).code).toBe(0)
    expect((await lab.client.tryExec(['arping', '-c', '1', '-w', '20', '-I', 'eth0', observer.address])).code).toBe(0)
  })

  test('a node behind a cut link answers nobody until the link is back', async () => {
    const asks = async () =>
      (await lab.client.tryExec(['arping', '-c', '1', '-w', '1', '-I', 'eth0', lab.node(0).address])).code === 0
    for (const silently of [true, false]) {
      await lab.node(0).cutLink({ silently })
      expect(await asks()).toBe(false)
      await lab.node(0).restoreLink()
      await waitFor(asks, { what: 'the link' })
    }
  })

  test('a process on a node is killed and started again by test code, and is gone when its node crashes', async () => {
    const program = await lab
      .node(0)
      .start('ticker', [process.execPath, '-e', 'setInterval(() => console.log("tick", process.pid), 50)'])
    await program.untilLine(/tick/)
    await program.restart()
    expect(program.running()).toBe(true)
    expect(lab.node(0).find(/ticker|tick/).length).toBe(1)

    await lab.node(0).crash()
    expect(program.running()).toBe(false)
    await lab.node(0).boot()
    await lab.kubectl(['wait', 'node/n0', '--for=condition=Ready', '--timeout=60s'])
    const port = await nodePort()
    await waitFor(async () => (await call(lab.node(0).address, port)).every(answer => answer.error === undefined), {
      what: 'the node port of a node that came back',
    })
  })

  test('an API server that was killed is found again at the same place', async () => {
    await lab.controlPlane.kill('kube-apiserver')
    expect(await lab.api.ready()).toBe(false)
    await lab.controlPlane.restart('kube-apiserver')
    expect(await lab.kubectl(['get', 'nodes', '-o', 'name'])).toBe('node/n0\nnode/n1\nnode/n2\n')
  })
})

describe('a lab without Pods', () => {
  test('its nodes are ready and forward Services to endpoints that somebody else serves', async () => {
    await using lab = await startLab({ name: `light-${process.pid}`, nodes: 1, pods: false })
    expect(await lab.kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[0].type}'])).toBe('Ready')
    await waitFor(async () => (await lab.node(0).exec(['nft', 'list', 'tables'])).includes('kube-proxy'), {
      what: 'kube-proxy',
    })
  })
})

describe('a lab whose program was killed', () => {
  test('is taken down without a trace', async () => {
    const name = `crash-${process.pid}`
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'main.ts'), '--name', name, '--nodes', '1', '--no-install'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('cluster ready')) break
    const everything = descendantsOf(child.pid ?? 0)
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited

    expect(await takeDownAbandoned(name)).toContain(name)

    expect(everything.filter(isAlive)).toEqual([])
    expect(labNames()).not.toContain(name)
    expect(existsSync('/run/netns') ? readdirSync('/run/netns').filter(entry => entry.startsWith(`weir-${name}.`)) : []).toEqual(
      [],
    )
    const groups = readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' }).filter(path =>
      path.includes(`weir-${name}.`),
    )
    expect(groups).toEqual([])
  })
})
