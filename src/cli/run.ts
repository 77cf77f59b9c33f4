// Carries out one command: reads what it needs, lets the pure part say it, prints it, and gives the exit code.
import type { Clock } from '../kubernetes/clock.ts'
import { ApiError, isNotFound } from '../kubernetes/errors.ts'
import type { Transport } from '../kubernetes/transport.ts'
import { createWriter } from '../kubernetes/writes.ts'
import { namespaces, nodes } from '../controllers/resources.ts'
import { announcementsView } from './announcements.ts'
import { type Arguments, meant, type ObjectName, readObjectName, UsageError } from './arguments.ts'
import { type Command, commandTable } from './commands.ts'
import { awsFindings } from './doctor/aws.ts'
import { clusterFindings } from './doctor/cluster.ts'
import { readFacts } from './doctor/facts.ts'
import { networkFindings } from './doctor/network.ts'
import { doctorView } from './doctor/view.ts'
import { drainPatch, drainView } from './drain.ts'
import { explainIngress, type IngressQuestion } from './explain/ingress.ts'
import { explainService } from './explain/service.ts'
import { differing, type ForetellingAround, planned } from './foretell/commands.ts'
import type { MakeForetellers } from './foretell/foreteller.ts'
import { migrateAwsLbc } from './migrate/aws-lbc.ts'
import type { Judge } from './migrate/aws-lbc.ts'
import { migrateIngressNginx } from './migrate/ingress-nginx.ts'
import { migrateMetallb } from './migrate/metallb.ts'
import { awsLbcSources, ingressNginxSources, isProject, metallbSources, objectsIn } from './migrate/sources.ts'
import { projectNames, readProject } from './migrate/sources.ts'
import { migrationView } from './migrate/view.ts'
import { MissingError } from './missing.ts'
import { poolsView } from './pools.ts'
import { render } from './render.ts'
import { type Part, type Snapshot, takeSnapshot } from './snapshot.ts'
import { statusView } from './status.ts'
import { leftView } from './uninstall/left.ts'
import type { View } from './view.ts'

export interface Connection {
  readonly transport: Transport
  /** Of the kubeconfig's context. */
  readonly namespace: string | undefined
}

export interface Surroundings {
  /** To the cluster, the first time it is asked for. */
  readonly connect: () => Promise<Connection>
  readonly readFile: (file: string) => string
  /** How the providers read Ingresses. */
  readonly readers: NonNullable<IngressQuestion['readers']>
  readonly makeForetellers: MakeForetellers
  /** Of this program. */
  readonly version: string
  /** What the providers have to say about objects that were written for other controllers. */
  readonly judge: () => Promise<{ readonly aws: Judge; readonly local: Pick<Judge, 'ingress'> }>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly colour: boolean
  readonly write: (text: string) => void
}

const watchEveryMs = 2000

/** Commands that are not for watching. */
const once: ReadonlySet<Command> = new Set(['drain', 'undrain', 'migrate'])

/** Resolves with the exit code: 0 all is well, 1 it is not. Throws UsageError, MissingError and what reading throws. */
export async function runCommand(given: Arguments, around: Surroundings): Promise<number> {
  const { signal, clock, write, colour } = around
  const look = commandOf(given, around)
  let last: string | undefined
  for (;;) {
    const view = await look()
    const text = render(view, { format: given.format, colour })
    if (text !== last) write(last === undefined ? text : `\n${text}`)
    last = text
    if (!given.watch || once.has(given.command)) return view.healthy ? 0 : 1
    try {
      await clock.sleep(watchEveryMs, signal)
    } catch (error) {
      if (signal.aborted) return 0
      throw error
    }
  }
}

/** What a command shows, each time anew. */
function commandOf(given: Arguments, around: Surroundings): () => Promise<View> {
  const { connect, signal, clock } = around
  const wide = given.format === 'wide'
  const snapshot = async (parts: readonly Part[]): Promise<Snapshot> =>
    takeSnapshot((await connect()).transport, parts, { signal })
  const { command, operands } = given
  if (commandTable[command].operands === '' && operands.length > 0)
    throw new UsageError(`${command} takes nothing after it, not ${operands[0] ?? ''}`)
  switch (command) {
    case 'status': {
      const only = given.namespace
      return async () => {
        const parts = ['services', 'slices', 'classes', 'announcements', 'ingresses', 'ingressReports'] as const
        const found = await snapshot(parts)
        const isIn = ({ metadata }: { readonly metadata: { readonly namespace?: string } }) => metadata.namespace === only
        if (only !== undefined && !found.services.some(isIn) && !found.ingresses.some(isIn)) await checkNamespace(only, around)
        return statusView(found, { ...(only === undefined ? {} : { namespace: only }), wide })
      }
    }
    case 'pools':
      return async () => poolsView(await snapshot(['pools']), { wide })
    case 'announcements':
      return async () => announcementsView(await snapshot(['announcements']), { wide, now: clock.now() })
    case 'explain':
      return explainer(readObjectName(operands), given, around)
    case 'plan':
      return planner(given, around)
    case 'diff': {
      const { allNamespaces, namespace } = given
      const name = operands.length === 0 ? undefined : readObjectName(operands, 'diff')
      const asked = name ? { name } : allNamespaces || namespace === undefined ? {} : { namespace }
      return async () => differing(asked, await foretelling(given, around), signal)
    }
    case 'doctor':
      return () => examination(given, around)
    case 'drain':
    case 'undrain': {
      const [name, ...more] = operands
      if (name === undefined || more.length > 0) throw new UsageError(`say which node: weir ${command} NODE`)
      return () => drain(name, command === 'drain', around)
    }
    case 'migrate':
      return migration(given, around)
    case 'uninstall':
      return async () =>
        leftView(
          await snapshot([
            'services',
            'ingresses',
            'ingressReports',
            'bindings',
            'loadBalancers',
            'announcements',
            'blocks',
            'classes',
            'pools',
          ]),
        )
    case 'completion':
    case 'help':
    case 'version':
      break
  }
  throw new UsageError(`${command} shows nothing of a cluster`)
}

/** Who may not ask is told nothing. Throws UsageError. */
async function checkNamespace(name: string, { connect, signal }: Surroundings): Promise<void> {
  try {
    await createWriter((await connect()).transport).get(namespaces, name, undefined, { signal })
  } catch (error) {
    if (isNotFound(error)) throw new UsageError(`there is no namespace ${name}`)
    if (!(error instanceof ApiError)) throw error
  }
}

function planner(given: Arguments, around: Surroundings): () => Promise<View> {
  const { files, operands } = given
  if (files.length > 0 === operands.length > 0)
    throw new UsageError('say what to plan for: weir plan -f FILE, or weir plan service/NAME')
  // Standard input can be read only once.
  const objects = files.flatMap(file => objectsIn(around.readFile(file), file))
  const asked = files.length > 0 ? { objects } : { name: readObjectName(operands, 'plan') }
  return async () => planned(asked, await foretelling(given, around), around.signal)
}

async function examination({ systemNamespace }: Arguments, around: Surroundings): Promise<View> {
  const { connect, clock, makeForetellers, signal, version } = around
  const { transport } = await connect()
  const facts = await readFacts(transport, { systemNamespace, version, signal })
  const aws = await awsFindings(facts, { transport, clock, systemNamespace, makeForetellers }, signal)
  return doctorView([...clusterFindings(facts), ...networkFindings(facts), ...aws])
}

async function foretelling(
  { namespace, systemNamespace }: Arguments,
  { connect, clock, makeForetellers }: Surroundings,
): Promise<ForetellingAround> {
  const { transport, namespace: usual = 'default' } = await connect()
  return { transport, clock, systemNamespace, namespace: namespace ?? usual, makeForetellers }
}

function explainer(object: ObjectName, given: Arguments, around: Surroundings): () => Promise<View> {
  const { connect, signal, clock } = around
  const request = given.request === undefined ? undefined : readUrl(given.request)
  const headers = readHeaders(given.headers)
  if (request && object.kind !== 'ingress') throw new UsageError('--request goes with explain ingress/NAME')
  return async () => {
    const parts: readonly Part[] =
      object.kind === 'service'
        ? ['services', 'slices', 'pods', 'classes', 'blocks', 'announcements', 'loadBalancers']
        : ['services', 'slices', 'pods', 'classes', 'loadBalancers', 'ingresses', 'ingressClasses', 'ingressReports']
    const { transport, namespace: usual = 'default' } = await connect()
    const namespace = object.namespace ?? given.namespace ?? usual
    const snapshot = await takeSnapshot(transport, parts, { signal, podsOf: namespace })
    const isIt = ({ metadata }: { readonly metadata: { readonly name: string; readonly namespace?: string } }) =>
      metadata.namespace === namespace && metadata.name === object.name
    if (object.kind === 'service') {
      const service = snapshot.services.find(isIt)
      if (!service) throw new MissingError(`there is no Service ${namespace}/${object.name}`)
      return explainService(service, snapshot, clock.now())
    }
    const ingress = snapshot.ingresses.find(isIt)
    if (!ingress) throw new MissingError(`there is no Ingress ${namespace}/${object.name}`)
    return explainIngress(ingress, snapshot, { ...(request ? { request } : {}), headers, readers: around.readers })
  }
}

async function drain(name: string, wanted: boolean, { connect, signal }: Surroundings): Promise<View> {
  const { transport } = await connect()
  const writer = createWriter(transport)
  try {
    const node = await writer.get(nodes, name, undefined, { signal })
    const patch = drainPatch(node, wanted)
    if (patch) await writer.patch(nodes, node, patch, { signal })
    const { announcements } = await takeSnapshot(transport, ['announcements'], { signal })
    return drainView({ name, wanted, changed: patch !== undefined, announcements })
  } catch (error) {
    if (isNotFound(error)) throw new MissingError(`there is no Node ${name}`)
    throw error
  }
}

function migration(
  { from, files, class: given }: Arguments,
  { connect, signal, readFile, judge }: Surroundings,
): () => Promise<View> {
  if (!isProject(from)) {
    const known = projectNames.map(name => `weir migrate --from ${name}`).join(', or ')
    throw new UsageError(`say from what: ${known}${from === undefined ? '' : `, not ${from}${meant(from, projectNames)}`}`)
  }
  return async () => {
    const objects =
      files.length > 0
        ? files.flatMap(file => objectsIn(readFile(file), file))
        : await readProject((await connect()).transport, from, signal)
    const className = given ?? (from === 'aws-lbc' ? 'aws' : 'lan')
    if (from === 'metallb') return migrationView(migrateMetallb(metallbSources(objects, className)))
    const judges = await judge()
    return migrationView(
      from === 'aws-lbc'
        ? migrateAwsLbc(awsLbcSources(objects, className), judges.aws)
        : migrateIngressNginx(ingressNginxSources(objects, className), judges.local),
    )
  }
}

function readHeaders(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map(text => {
      const colon = text.indexOf(':')
      if (colon < 1) throw new UsageError(`--header: ${text} is no header, as 'x-canary: always'`)
      return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()]
    }),
  )
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--request: ${text} is no URL, as https://shop.example.com/cart`)
  return url
}
