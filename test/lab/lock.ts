// A lock between processes: a file that names its holder, taken over when the holder is gone.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identify, isAlive, processIdentity } from './proc.ts'
import { waitFor } from './waiting.ts'

const patienceMs = 60 * 60 * 1000

/** Waits until the lock is ours, works, and gives it back. */
export async function withLock<T>(path: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  await waitFor(() => take(path), { what: `the lock ${path}`, timeoutMs: patienceMs, everyMs: 300, signal })
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/** Linking a file that already names us is atomic: the lock is never seen without its holder. */
function take(path: string): boolean {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, JSON.stringify(identify(process.pid)))
  try {
    linkSync(draft, path)
    return true
  } catch {
    removeIfAbandoned(path)
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moved away before it is removed, so that a file is never half gone. */
function removeIfAbandoned(path: string): void {
  try {
    const holder = processIdentity.parse(JSON.parse(readFileSync(path, 'utf8')))
    if (isAlive(holder)) return
    const aside = `${path}.abandoned.${process.pid}`
    renameSync(path, aside)
    rmSync(aside, { force: true })
  } catch {
    // Its holder or another waiter was faster.
  }
}
