// The command line's composition root: `weir`, also as `kubectl weir`.
import { systemClock } from './kubernetes/clock.ts'
import { ApiError, CredentialsError, messageOf, UnreachableError } from './kubernetes/errors.ts'
import { loadCredentials } from './kubernetes/load-credentials.ts'
import { silentLogger } from './kubernetes/logger.ts'
import { createTransport } from './kubernetes/transport.ts'
import { type Arguments, readArguments, UsageError } from './cli/arguments.ts'
import { readNamedFile } from './cli/files.ts'
import { MissingError } from './cli/missing.ts'
import { type Connection, runCommand } from './cli/run.ts'
import { withoutCluster } from './cli/without-cluster.ts'
import { makeForetellers } from './main-cli-foretellers.ts'
import { ingressReaders } from './main-readers.ts'

const version = process.env['WEIR_VERSION'] ?? 'development'

async function main(argv: readonly string[]): Promise<number> {
  const given = readArguments(argv)
  const said = withoutCluster(given, version)
  if (said === undefined) return ask(given)
  process.stdout.write(said)
  return 0
}

async function ask(given: Arguments): Promise<number> {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort(new Error(name)))
  const clock = systemClock()
  await using resources = new AsyncDisposableStack()
  const open = async (): Promise<Connection> => {
    const credentials = await loadCredentials({
      clock,
      ...(given.kubeconfig === undefined ? {} : { kubeconfig: given.kubeconfig }),
      ...(given.context === undefined ? {} : { context: given.context }),
    })
    const options = { credentials, clock, random: Math.random, logger: silentLogger, userAgent: `weir/${version}` }
    return { transport: resources.use(createTransport(options)), namespace: credentials.namespace }
  }
  let connection: Promise<Connection> | undefined
  return await runCommand(given, {
    connect: () => (connection ??= open()),
    readers: ingressReaders,
    makeForetellers,
    version,
    judge: () => import('./main-cli-judges.ts'),
    readFile: readNamedFile,
    clock,
    signal: stopping.signal,
    colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    write: text => process.stdout.write(text),
  })
}

/** What is said, and the exit code. */
function failure(error: unknown): readonly [string, number] {
  if (error instanceof UsageError) return [`${error.message}\nRun weir help to see what there is.`, 2]
  if (error instanceof MissingError) return [error.message, 4]
  if (error instanceof CredentialsError)
    return [`${error.message}. ${error.remedy.charAt(0).toUpperCase()}${error.remedy.slice(1)}.`, 3]
  if (error instanceof UnreachableError || error instanceof ApiError) return [error.message, 3]
  return [messageOf(error), 3]
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const [message, code] = failure(error)
  process.stderr.write(`weir: ${message}\n`)
  process.exitCode = code
}
