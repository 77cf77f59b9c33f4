// Runs a TypeScript program of this project on the Node it pins, from any Node 20 or newer: installs the dependencies first.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const node = join(modules, '.bin', 'node')
const stamp = join(modules, '.weir-lock-hash')
const [program, ...args] = process.argv.slice(2)

/** Ends the program with one line that says what is wrong and what to do. */
function fail(message) {
  process.stderr.write(`weir: ${message}\n`)
  process.exit(1)
}

/** Installs what the lock file names, once per content of the lock file. A node_modules that is a link is another checkout's. */
function install() {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const started = Date.now()
  process.stderr.write('weir: installing dependencies (npm ci) …\n')
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.error) fail(`npm cannot be started (${result.error.message}). Install Node.js 20 or newer with npm.`)
  if (result.status !== 0) fail('npm ci failed; the lines above say why.')
  writeFileSync(stamp, wanted)
  process.stderr.write(`weir: dependencies installed in ${Math.round((Date.now() - started) / 1000)} s\n`)
}

/** The pinned Node; the one that runs now when it is new enough and no platform package fits this machine. */
function interpreter() {
  if (existsSync(node)) return node
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath
  return fail(
    `needs Node 26 and this is ${process.version}: no packaged Node for ${process.platform}/${process.arch} came with npm ci ` +
      '(was it run with --omit=optional?). Install Node 26 or newer and run this again.',
  )
}

if (!program) fail('usage: node test/start.mjs PROGRAM [ARGUMENTS]')
install()
const path = `${join(modules, '.bin')}:${process.env.PATH ?? ''}`
const child = spawn(interpreter(), [join(root, program), ...args], { stdio: 'inherit', env: { ...process.env, PATH: path } })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', error => fail(`cannot start ${program}: ${error.message}`))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
