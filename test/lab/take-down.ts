// Removes every trace of a lab, whoever made it and however it ended: processes, namespaces, control groups, files.
import { readdirSync, rmdirSync } from 'node:fs'
import { attempt } from './command.ts'
import { removeGroups } from './cgroups.ts'
import { namespaceOf } from './lan.ts'
import { identify, isAlive, signalProcess } from './proc.ts'
import { endProcesses } from './process.ts'
import { labNames, openState, stateRoot } from './state.ts'
import type { LabState } from './state.ts'
import { waitFor } from './waiting.ts'

/** Takes one lab down. Safe to repeat, and for a lab that was only half made. */
export async function takeDown(state: LabState): Promise<void> {
  await endProcesses(state)
  if (process.getuid?.() === 0) {
    const prefix = namespaceOf(state.name, '')
    await Promise.all(namespaces(prefix).map(removeNamespace))
    await removeGroups(name => name.startsWith(prefix))
  }
  state.remove()
  await removeEmptyFolders()
}

/** Takes down the lab of that name and every other whose maker is gone; answers their names. */
export async function takeDownAbandoned(name: string): Promise<readonly string[]> {
  const states = labNames()
    .map(other => openState(other))
    .filter(state => state.name === name || !state.ownerAlive())
  for (const state of states) await takeDown(state)
  await removeEmptyFolders()
  return states.map(state => state.name)
}

function namespaces(prefix: string): readonly string[] {
  try {
    return readdirSync('/run/netns').filter(entry => entry.startsWith(prefix))
  } catch {
    return []
  }
}

/** What tests left running in it ends first: a namespace lives as long as its last process. */
async function removeNamespace(name: string): Promise<void> {
  const listed = (await attempt(['ip', 'netns', 'pids', name])).stdout.split('\n').filter(line => line !== '')
  const inside = listed.flatMap(line => identify(Number(line)) ?? [])
  for (const process of inside) signalProcess(process, 'SIGKILL')
  await waitFor(() => !inside.some(isAlive), { what: `the processes in ${name} to end`, everyMs: 20 })
  await attempt(['ip', 'netns', 'del', name])
}

/** Folders that labs share, as soon as no lab uses them; rmdir leaves alone what holds anything. */
async function removeEmptyFolders(): Promise<void> {
  // Every full lab has a namespace for its bridge.
  if (namespaces('weir-').some(name => name.endsWith('.lan'))) return
  // `ip netns` mounts its folder on itself; unmounting fails while anybody's namespace is in it, which is as it should be.
  if (process.getuid?.() === 0 && namespaces('').length === 0) await attempt(['umount', '/run/netns'])
  const shared = process.getuid?.() === 0 ? [stateRoot(), '/run/netns', '/var/lib/kubelet', '/var/lib/cni'] : [stateRoot()]
  for (const folder of shared) {
    try {
      rmdirSync(folder)
    } catch {
      // Not there, or not only ours.
    }
  }
}
