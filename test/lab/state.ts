// Where a lab keeps what it must know to be taken down again, also by another process after a crash.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { ZodType } from 'zod'
import { identify, isAlive, processIdentity } from './proc.ts'

const processRecord = z.readonly(
  z.object({
    ...processIdentity.unwrap().shape,
    name: z.string(),
    argv: z.readonly(z.array(z.string())),
    log: z.string(),
    /** The process that entered the namespaces for it, when it had to fork. */
    wrapper: z.exactOptional(processIdentity),
  }),
)

/** A process of the lab as it is recorded: enough to signal it safely and to start it again. */
export type ProcessRecord = z.infer<typeof processRecord>

export type LabState = {
  readonly name: string
  readonly dir: string
  path(...parts: readonly string[]): string
  record(process: ProcessRecord): void
  processes(): readonly ProcessRecord[]
  forget(name: string): void
  save(file: string, value: unknown): void
  /** What `save` wrote there. */
  load<T>(file: string, schema: ZodType<T>): T
  /** Whether the process that made this lab still lives. */
  ownerAlive(): boolean
  /** Whether this process made it. */
  ownedByThisProcess(): boolean
  /** Copies the logs out, for a lab that failed and goes; answers the folder. */
  keepLogs(): string
  remove(): void
}

/** Holds the state of all labs: root's labs in /var/lib (a node hides /run and needs a real file system), others in the temporary folder. */
export function stateRoot(): string {
  return process.getuid?.() === 0 ? '/var/lib/weir-lab' : join(tmpdir(), `weir-lab-${process.getuid?.() ?? 0}`)
}

/** Names of the labs that left state behind, running or not. */
export function labNames(root = stateRoot()): readonly string[] {
  try {
    return readdirSync(root)
      .filter(entry => !entry.startsWith('.'))
      .toSorted()
  } catch {
    return []
  }
}

/** Makes the folder of a new lab; throws when there is one of that name. It appears with its owner in it, so nobody takes it for abandoned. */
export function createState(name: string, root = stateRoot()): LabState {
  const draft = `.${name}.${process.pid}`
  mkdirSync(join(root, draft, 'processes'), { recursive: true, mode: 0o755 })
  openState(draft, root).save('owner.json', identify(process.pid))
  try {
    // Fails on a folder that has something in it.
    renameSync(join(root, draft), join(root, name))
  } catch (error) {
    rmSync(join(root, draft), { recursive: true })
    throw error
  }
  return openState(name, root)
}

/** The state of a lab that exists, made by this process or another. */
export function openState(name: string, root = stateRoot()): LabState {
  const dir = join(root, name)
  const load = <T>(file: string, schema: ZodType<T>) => readJson(join(dir, file), schema)
  return {
    name,
    dir,
    path: (...parts) => join(dir, ...parts),
    record: process => writeWhole(join(dir, 'processes', `${process.name}.json`), JSON.stringify(process)),
    processes: () => listRecords(join(dir, 'processes')),
    forget: processName => rmSync(join(dir, 'processes', `${processName}.json`), { force: true }),
    save: (file, value) => writeWhole(join(dir, file), JSON.stringify(value, undefined, 2)),
    load,
    ownerAlive: () => {
      try {
        return isAlive(load('owner.json', processIdentity))
      } catch {
        return false
      }
    },
    ownedByThisProcess: () => {
      try {
        return load('owner.json', processIdentity).pid === process.pid
      } catch {
        return false
      }
    },
    keepLogs: () => {
      const folder = join(tmpdir(), `weir-lab-${name}-logs`)
      mkdirSync(folder, { recursive: true })
      for (const file of readdirSync(dir).filter(entry => entry.endsWith('.log')))
        copyFileSync(join(dir, file), join(folder, file))
      return folder
    },
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  }
}

function listRecords(dir: string): readonly ProcessRecord[] {
  let files: readonly string[]
  try {
    files = readdirSync(dir).filter(file => file.endsWith('.json'))
  } catch {
    return []
  }
  return files.map(file => readJson(join(dir, file), processRecord))
}

function readJson<T>(path: string, schema: ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

/** A reader sees the old content or the new, never half of it. */
function writeWhole(path: string, content: string): void {
  const draft = `${path}.${process.pid}.draft`
  writeFileSync(draft, content, { mode: 0o600 })
  renameSync(draft, path)
}
