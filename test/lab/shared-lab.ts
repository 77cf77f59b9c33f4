// The lab that the LAN tests of a run share, as a test file gets it: whole again, whatever the file before it did to it.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { LabError } from './errors.ts'
import { openLab } from './lab.ts'
import type { Lab, Node } from './lab.ts'
import { untilSettled } from './rows.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The socket where the shared lab is asked for. */
    readonly sharedLab: string
  }
}

export type SharedLabAnswer = { readonly name: string } | { readonly error: string }

/** Disposing leaves the lab to the next test file. */
export type SharedLab = Omit<Lab, typeof Symbol.asyncDispose> & AsyncDisposable

/** Three nodes with Weir installed and the samples served. The first who asks waits until it is raised. */
export async function sharedLab(): Promise<SharedLab> {
  const answer: SharedLabAnswer = JSON.parse(await text(connect({ path: inject('sharedLab') })))
  if ('error' in answer) throw new LabError('not-ready', `the shared lab could not be raised: ${answer.error}`)
  const lab = await openLab(answer.name)
  await repair(lab)
  return { ...lab, [Symbol.asyncDispose]: () => lab.api.close() }
}

/** Brings back what a test left dead, cut or paused, and waits until all of it works. */
export async function repair(lab: Lab | SharedLab): Promise<void> {
  const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
  for (const program of programs) {
    if (lab.controlPlane.running(program)) await lab.controlPlane.resume(program)
    else await lab.controlPlane.restart(program)
  }
  await Promise.all(
    lab.nodes.map(async node => {
      await node.restoreLink()
      if (!(await isUp(node))) await node.boot()
      for (const program of ['containerd', 'kubelet', 'kube-proxy'] as const) await node.resume(program)
    }),
  )
  await lab.kubectl(['wait', 'nodes', '--all', '--for=condition=Ready', '--timeout=120s'])
  for (const workload of ['deployment/weir-controller', 'daemonset/weir-agent', 'daemonset/weir-gateway'])
    await lab.kubectl(['-n', 'weir-system', 'rollout', 'status', workload, '--timeout=120s'])
  await untilSettled(lab, undefined, 120_000)
}

async function isUp(node: Node): Promise<boolean> {
  try {
    return (await node.tryExec(['true'])).code === 0
  } catch {
    return false
  }
}
