// `npm run lab`: raises the cluster and the LAN, installs Weir, shows the walk, and stays until Ctrl-C.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { askAws, installAws, showAws, startAws } from './aws.ts'
import { LabError } from './errors.ts'
import { forwardPage } from './page.ts'
import { showMove, troubles } from './failover.ts'
import type { Trouble } from './failover.ts'
import { applySamples, buildBundle, installWeir } from './install.ts'
import { checkLabName, nameFlag, openLab, startLab } from './lab.ts'
import type { Lab } from './lab.ts'
import { prepareMachine } from './machine.ts'
import { elapsed, lines } from './progress.ts'
import type { Progress } from './progress.ts'
import { walkRoutes } from './routes.ts'
import { rows } from './rows.ts'
import { labNames, openState } from './state.ts'
import { takeDownAbandoned } from './take-down.ts'
import { countWords, walk } from './walk.ts'

const usage = `npm run lab                      a Kubernetes cluster, a LAN and Weir on this machine, until Ctrl-C
npm run lab -- --once            the same, and down again: 0 when all samples answered, 1 otherwise
npm run lab -- --aws             with AWS (moto) on the LAN, and a Service that gets a load balancer there
npm run lab -- down              removes every trace of a lab, also after a crash
npm run lab -- kubectl ARGS…     kubectl against the running lab
npm run lab -- on PLACE ARGS…    a program on n0, n1, … or on the client of the running lab; --name before either

  --no-install     never installs system packages, names them instead
  --image FILE     an OCI archive to import on every node; may be repeated
  --nodes N        how many nodes (3)
  --name NAME      labs of different names stand beside each other (lab)`

const stop = new AbortController()
const out = process.stdout
const print = (text: string) => void out.write(`${text}\n`)

/** Raises everything, shows the walk, and says whether all samples answered. */
async function raise(options: {
  once: boolean
  aws: boolean
  install: boolean
  images: readonly string[]
  nodes: number
  name: string
}): Promise<boolean> {
  const started = performance.now()
  const progress = lines(out)
  print('Weir lab: a Kubernetes cluster and a LAN on this machine')
  await prepareMachine(progress, options.install)
  await clearAbandoned(options.name)
  const { signal } = stop
  const problems: string[] = []
  const tell = (error: unknown) => {
    signal.throwIfAborted()
    problems.push(error instanceof Error ? error.message : String(error))
    return undefined
  }
  const bundle = await progress.step('bundle', () => buildBundle(signal)).catch(tell)
  await using lab = await startLab({ ...options, ...(bundle === undefined ? {} : { bundle }), progress, signal })
  const installed =
    bundle !== undefined &&
    (await progress
      .step(
        'Weir from deploy/',
        () => installWeir(lab),
        words => words,
      )
      .catch(tell)) !== undefined
  await progress.step('samples', () => applySamples(lab, installed)).catch(tell)
  const count = installed ? await walk(lab, print, signal).catch(tell) : undefined
  const asked = installed ? await walkRoutes(lab, print, signal).catch(tell) : undefined
  const undo = count === undefined ? undefined : await showMoves(lab, signal).catch(tell)
  if (undo && (options.aws || !options.once)) await progress.step('the dead node is back', undo).catch(tell)
  const inAws = options.aws && installed ? ((await addAws(lab, progress, signal).catch(tell)) ?? 0) : 0
  for (const problem of problems) print(`weir lab: ${problem}`)
  const isGood = problems.length === 0 && count !== undefined && asked !== undefined
  const closing = isGood
    ? `${countWords({ ...count, inAws })} ${asked} ways through the gateway. Done`
    : 'Not all samples answered, or a step failed, as told above. Ended'
  print(`\n${closing} in ${elapsed(performance.now() - started)}.`)
  if (!options.once) await stay(lab, { hasAws: inAws > 0, hasPage: installed })
  return isGood
}

/** A node is drained and another dies; answers how to bring that one back, if one died. */
async function showMoves(lab: Lab, signal: AbortSignal): Promise<(() => Promise<unknown>) | undefined> {
  if (lab.nodes.length < 2) {
    print('\nWith one node there is none to move an address to.')
    return undefined
  }
  const show = (trouble: Trouble) => showMove(lab, 'default/web-dual', trouble, print, signal)
  const undrain = await show(troubles.drain)
  await undrain()
  return show(troubles.death)
}

/** Answers how many Services are set up there. */
async function addAws(lab: Lab, progress: Progress, signal: AbortSignal): Promise<number> {
  const aws = await progress.step('AWS (moto)', () => startAws(lab, signal))
  await progress.step('aws provider from deploy/aws', () => installAws(lab, aws))
  await showAws(lab, aws, print, signal)
  return 1
}

async function clearAbandoned(name: string): Promise<void> {
  if (!labNames().includes(name)) return
  if (openState(name).ownerAlive()) {
    throw new LabError(
      'in-use',
      `a lab named ${name} is running.`,
      `Look at it: npm run lab -- ${nameFlag(name)}kubectl get services. Take it down: npm run lab -- ${nameFlag(name)}down`,
    )
  }
  await takeDownAbandoned(name)
}

async function stay(lab: Lab, { hasAws, hasPage }: { readonly hasAws: boolean; readonly hasPage: boolean }): Promise<void> {
  const which = nameFlag(lab.name)
  print(`\nThe lab stays until Ctrl-C, or \`npm run lab -- ${which}down\` from anywhere.`)
  print(`  export KUBECONFIG=${lab.kubeconfig}`)
  print(`  npm run lab -- ${which}kubectl get services`)
  for (const url of await sampleUrls(lab)) print(`  npm run lab -- ${which}on client curl ${url}`)
  if (hasAws) for (const line of askAws(lab)) print(`  ${line}`)
  await using page = hasPage ? await forwardPage(lab).catch(() => undefined) : undefined
  if (page) print(`  ${page.url}   what Weir sees and does, live, in a browser`)
  const state = openState(lab.name)
  const words = await new Promise<string>(resolve => {
    const end = (words: string) => {
      clearInterval(watching)
      resolve(words)
    }
    const watching = setInterval(() => {
      if (!state.ownedByThisProcess()) end('The lab was taken down.')
    }, 1000)
    const stopped = () => end('Taking the lab down …')
    if (stop.signal.aborted) stopped()
    stop.signal.addEventListener('abort', stopped)
  })
  print(words)
}

/** What curl needs to reach a sample over each family; brackets are its own wildcards without -g. */
async function sampleUrls(lab: Lab): Promise<readonly string[]> {
  const served = (await rows(lab).catch(() => [])).filter(({ protocol, port }) => protocol === 'http' && port === 80)
  const addresses = served.flatMap(row => row.addresses.map(({ address }) => address))
  const [four, six] = [addresses.find(address => !isIPv6(address)) ?? 'ADDRESS', addresses.find(isIPv6)]
  return [`http://${four}/`, ...(six === undefined ? [] : [`-g 'http://[${six}]/'`])]
}

/** Runs one program with this terminal and answers its exit code. */
function hand(argv: readonly string[]): Promise<number> {
  const [program = '', ...args] = argv
  return new Promise((resolve, reject) => {
    spawn(program, args, { stdio: 'inherit' })
      .on('error', reject)
      .on('exit', code => resolve(code ?? 1))
  })
}

/** `kubectl ARGS…` and `on PLACE ARGS…`: what follows belongs to the program and is not read here. */
async function handOver(name: string, command: string, rest: readonly string[]): Promise<number> {
  const lab = await openLab(name)
  if (command === 'kubectl') return hand([lab.programs.path('kubectl'), '--kubeconfig', lab.kubeconfig, ...rest])
  const [place, ...argv] = rest
  const found = [lab.client, ...lab.nodes].find(candidate => candidate.name === place)
  if (found) return hand(found.words(argv))
  const places = [lab.client, ...lab.nodes].map(candidate => candidate.name).join(', ')
  throw new LabError('no-such-lab', `"${place}" is no place of the lab: ${places}.`)
}

async function main(args: readonly string[]): Promise<number> {
  const [flag, given = 'lab'] = args
  const [command = '', ...rest] = flag === '--name' ? args.slice(2) : args
  if (command === 'kubectl' || command === 'on') return handOver(flag === '--name' ? given : 'lab', command, rest)
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      once: { type: 'boolean', default: false },
      aws: { type: 'boolean', default: false },
      'no-install': { type: 'boolean', default: false },
      image: { type: 'string', multiple: true, default: [] },
      nodes: { type: 'string', default: '3' },
      name: { type: 'string', default: 'lab' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const [verb] = positionals
  if (values.help || (verb !== undefined && verb !== 'down')) {
    print(usage)
    return values.help ? 0 : 2
  }
  if (verb === 'down') {
    const gone = await takeDownAbandoned(values.name)
    print(gone.length === 0 ? 'There is no lab to take down.' : `Taken down: ${gone.join(', ')}.`)
    return 0
  }
  checkLabName(values.name)
  const nodes = Number(values.nodes)
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 200)
    throw new LabError('usage', `--nodes ${values.nodes}: a number from 1 to 200.`)
  const images = values.image.map(file => resolve(file))
  const absent = images.find(file => !existsSync(file))
  if (absent !== undefined) throw new LabError('usage', `--image ${absent}: there is no such file.`)
  return (await raise({ once: values.once, aws: values.aws, install: !values['no-install'], images, nodes, name: values.name }))
    ? 0
    : 1
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort(new Error(`ended by ${name}`)))
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const known = error instanceof LabError || stop.signal.aborted || (error instanceof Error && 'code' in error)
  if (!known || !(error instanceof Error)) throw error
  process.stderr.write(`weir lab: ${error.message}\n`)
  process.exitCode = 1
}
