// Control groups for the nodes of a lab, on cgroup v1, hybrid and v2.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from './waiting.ts'

const mounted = '/sys/fs/cgroup'

/** Controllers without which the kubelet does not start, and those it uses when they are there. */
const wanted = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb']

/** Whether one unified hierarchy is all there is (v2); v1 and hybrid have a folder per controller. */
export function isUnified(root = mounted): boolean {
  return existsSync(join(root, 'cgroup.controllers'))
}

/** The folders that are hierarchies of their own and that Pods are put into. */
function hierarchies(root: string): readonly string[] {
  if (isUnified(root)) return [root]
  return readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name !== 'unified')
    .map(entry => join(root, entry.name))
}

/** Makes the group `name` at the top of every hierarchy and hands it the controllers and resources of its parent. */
export function createGroup(name: string, root = mounted): void {
  for (const hierarchy of hierarchies(root)) {
    const group = join(hierarchy, name)
    if (isUnified(root)) delegate(hierarchy)
    mkdirSync(group, { recursive: true })
    if (isUnified(root)) delegate(group)
    // A new v1 cpuset is empty and takes no process until it has processors and memory nodes.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (!isUnified(root) && existsSync(join(group, file)))
        writeFileSync(join(group, file), readFileSync(join(hierarchy, file), 'utf8'))
    }
  }
}

/** Lets children of a v2 group use its controllers, one by one: what this machine lacks must not cost the others. */
function delegate(group: string): void {
  const available = readFileSync(join(group, 'cgroup.controllers'), 'utf8').split(/\s+/)
  for (const controller of wanted.filter(name => available.includes(name))) {
    const enable = () => writeFileSync(join(group, 'cgroup.subtree_control'), `+${controller}`)
    try {
      enable()
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY')) continue
      // The top that a container sees is an inner group, and such a one delegates nothing while it holds processes itself.
      makeRoom(group)
      try {
        enable()
      } catch {
        // The kubelet names the controller it misses, better than a guess here could.
      }
    }
  }
}

/** Moves the processes of a v2 group one level down. */
function makeRoom(group: string): void {
  const below = join(group, 'machine')
  mkdirSync(below, { recursive: true })
  for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
    try {
      writeFileSync(join(below, 'cgroup.procs'), pid)
    } catch {
      // Ended meanwhile, or the kernel's own.
    }
  }
}

/** Removes every group at the top whose name `chosen` accepts, with all below it; processes that are just ending get some seconds. */
export async function removeGroups(chosen: (name: string) => boolean, root = mounted): Promise<void> {
  const tops = () =>
    [...(isUnified(root) ? [root] : hierarchies(root)), join(root, 'unified')]
      .filter(hierarchy => existsSync(hierarchy))
      .flatMap(hierarchy => folders(hierarchy).filter(path => chosen(path.slice(hierarchy.length + 1))))
  await waitFor(
    () => {
      for (const top of tops()) removeTree(top)
      return tops().length === 0
    },
    { what: 'the control groups to be empty', everyMs: 100 },
  )
}

function removeTree(path: string): void {
  for (const child of folders(path)) removeTree(child)
  try {
    rmdirSync(path)
  } catch {
    // Still holds a process that is ending; the next round takes it.
  }
}

function folders(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => join(path, entry.name))
  } catch {
    return []
  }
}
