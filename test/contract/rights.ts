// A kubeconfig with no more rights than deploy/base gives to the controller.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Cluster } from './cluster.ts'

const rbac = join(import.meta.dirname, '..', '..', 'deploy', 'base', 'controller-rbac.yaml')

export interface Rights extends AsyncDisposable {
  readonly kubeconfig: string
}

export async function rightsOfController({ plane }: Cluster): Promise<Rights> {
  await plane.kubectl(['-n', 'weir-system', 'create', 'serviceaccount', 'weir-controller'])
  await plane.kubectl(['apply', '-f', rbac])
  const token = await plane.kubectl(['-n', 'weir-system', 'create', 'token', 'weir-controller'])
  const config = parse(await readFile(plane.kubeconfig, 'utf8'))
  config.users[0].user = { token: token.trim() }
  const folder = await mkdtemp(join(tmpdir(), 'weir-rights-'))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, stringify(config), { mode: 0o600 })
  return { kubeconfig, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}
