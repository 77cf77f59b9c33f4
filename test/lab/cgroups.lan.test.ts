// Control groups of nodes on a true cgroup v2 hierarchy, which this machine also has when its controllers are on v1 (hybrid).
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createGroup, isUnified, removeGroups } from './cgroups.ts'

/** Where the v2 hierarchy is mounted, and the controllers that groups in it may use. */
function unifiedHierarchy(): { readonly path: string; readonly controllers: readonly string[] } | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const path = mounts.map(line => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1]
  return path === undefined ? undefined : { path, controllers: wordsOf(join(path, 'cgroup.subtree_control')) }
}

const wordsOf = (file: string) => readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)

test('a v2 group that holds processes itself, as a container sees its top, hands its controllers to the group of a node', async context => {
  const hierarchy = unifiedHierarchy()
  const usable = hierarchy?.controllers.filter(name => ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'].includes(name)) ?? []
  if (!hierarchy || usable.length === 0) {
    context.skip('no cgroup2 hierarchy with a controller that groups may use')
    return
  }
  await using resources = new AsyncDisposableStack()
  const top = join(hierarchy.path, `weir-trial-${process.pid}`)
  mkdirSync(top)
  resources.defer(() => rmdirSync(top))
  const inhabitant = spawn('sleep', ['600'])
  await once(inhabitant, 'spawn')
  resources.defer(() => removeGroups(name => name === 'machine', top))
  resources.defer(() => void inhabitant.kill('SIGKILL'))
  writeFileSync(join(top, 'cgroup.procs'), String(inhabitant.pid))
  expect(isUnified(top)).toBe(true)

  createGroup('weir-lab.n0', top)
  expect(wordsOf(join(top, 'cgroup.subtree_control'))).toEqual(expect.arrayContaining(usable))
  expect(wordsOf(join(top, 'weir-lab.n0', 'cgroup.subtree_control'))).toEqual(expect.arrayContaining(usable))
  expect(wordsOf(join(top, 'machine', 'cgroup.procs'))).toEqual([String(inhabitant.pid)])

  mkdirSync(join(top, 'weir-lab.n0', 'kubepods'))
  await removeGroups(name => name.startsWith('weir-lab.'), top)
  expect(existsSync(join(top, 'weir-lab.n0'))).toBe(false)
})
