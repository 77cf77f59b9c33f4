// The programs a benchmark measures, started as their manifests start them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { root } from '../../deploy/bundle/bundle.ts'

/** The flags of Node and the environment that the manifest gives to the controller: what is measured is what is deployed. */
export function deployed(): { readonly flags: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const manifest = readFileSync(join(root, 'deploy', 'base', 'controller.yaml'), 'utf8')
  const deployment = parseAllDocuments(manifest).find(document => document.get('kind') === 'Deployment')
  if (!deployment) throw new Error('deploy/base/controller.yaml has no Deployment')
  const { command, env }: Container = deployment.toJS().spec.template.spec.containers[0]
  const literal = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]))
  return { flags: command.slice(1, -1), env: Object.fromEntries(literal) }
}

interface Container {
  /** Node, its flags, the program. */
  readonly command: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
}

/** A program that inherits this one's output. Disposing ends it. */
export function startProcess(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  let child: ReturnType<typeof spawn> | undefined
  return {
    begin: async () => {
      child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] })
      const running = child
      await once(running, 'spawn')
    },
    pid: () => child?.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      if (!child || child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const patience = setTimeout(() => child?.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(patience)
    },
  }
}
