// The NodeReport of this node: what it says, and writing it when that changes.
import { isDeepStrictEqual } from 'node:util'
import { apiVersion } from '../../../src/api/group.ts'
import type { NodeInterface, NodeReport } from '../../../src/api/node-report.ts'
import type { Reason } from '../../../src/api/reasons.ts'
import { conditionOf, dataPathCondition } from './forwarding/verdict.ts'
import type { DataPathReport } from './forwarding/verdict.ts'
import type { GatewayReport } from './gateway/start.ts'
import type { Trap } from './node-traps.ts'
import type { AgentClock, AgentLogger, NodeView, ReportWriter } from './ports.ts'
import { boundInterfaces } from './report-bounds.ts'

export interface ReportInput {
  readonly self: string
  readonly node: NodeView | undefined
  readonly interfaces: readonly NodeInterface[]
  /** Of the agent. */
  readonly version: string
  /** Each becomes a condition of its own. */
  readonly traps?: readonly Trap[]
  /** Whether packets can be sent to this node for its pods; undefined where nobody asks for that. */
  readonly dataPath?: DataPathReport | undefined
  /** Undefined where there is no gateway, or it has not begun. */
  readonly gateway?: GatewayReport | undefined
}

interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason: Reason
  readonly message: string
}

/** The report as it should be. The time of a condition is kept from `previous` while its status is the same. */
export function reportOf(input: ReportInput, previous: NodeReport | undefined, nowMs: number): NodeReport {
  const { self, node, interfaces, version, traps = [], dataPath, gateway } = input
  const bounded = boundInterfaces(interfaces)
  const verdict = judge(input)
  const said = previous?.spec.conditions?.filter(({ type }) => type === dataPathCondition) ?? []
  const verdicts = [
    { type: 'Ready', ...verdict, message: [verdict.message, ...someOf(bounded.leftOut)].join(' ') },
    ...traps.map(({ reason, message }) => ({ type: reason, status: 'True' as const, reason, message })),
    ...(dataPath === 'as-before' ? said : []),
    ...(dataPath && dataPath !== 'as-before' ? [conditionOf(dataPath)] : []),
  ]
  const conditions = verdicts.map(verdict => {
    const old = previous?.spec.conditions?.find(({ type }) => type === verdict.type)
    const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
    return { ...verdict, lastTransitionTime: old?.status === verdict.status ? old.lastTransitionTime : now }
  })
  const { uid } = node?.metadata ?? {}
  // The report goes with the node.
  const ownerReferences = uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name: self, uid }]
  return {
    apiVersion,
    kind: 'NodeReport',
    metadata: { name: self, ...(ownerReferences.length > 0 && { ownerReferences }) },
    spec: {
      interfaces: [...bounded.interfaces],
      version,
      conditions,
      ...(gateway && { gateway: reportedGateway(gateway) }),
    },
  }
}

function reportedGateway({ envoys, held, stuck }: GatewayReport): NonNullable<NodeReport['spec']['gateway']> {
  const refused = held
    .slice(0, mostHeld)
    .map(each => ({ ...each, message: each.message.slice(0, longestMessage).toWellFormed() }))
  return { envoys, held: refused, ...(stuck !== undefined && { trouble: stuck.slice(0, longestMessage).toWellFormed() }) }
}

/** What the schema of the report allows. */
const mostHeld = 256
const longestMessage = 1024

function judge({ self, node, interfaces }: ReportInput): Verdict {
  if (!node?.status?.addresses?.some(({ type }) => type === 'InternalIP')) {
    return { status: 'False', reason: 'NoInternalIP', message: `Node ${self} has no InternalIP, so it does not announce.` }
  }
  const usable = interfaces.filter(({ carrier, addresses }) => carrier && addresses.length > 0)
  if (usable.length > 0) {
    return {
      status: 'True',
      reason: 'Accepted',
      message: `Can announce on ${someOf(usable.map(({ name }) => name)).join(', ')}.`,
    }
  }
  const found = interfaces.map(({ name, carrier }) => `${name} ${carrier ? 'has no address' : 'has no carrier'}`)
  const message =
    found.length > 0 ? `No interface can be used: ${someOf(found).join(', ')}.` : 'The node has no Ethernet interface.'
  return { status: 'False', reason: 'NoUsableInterface', message }
}

/** A message has its length too. */
function someOf(texts: readonly string[]): readonly string[] {
  return texts.length > mostNamed ? [...texts.slice(0, mostNamed), `and ${texts.length - mostNamed} more`] : texts
}

const mostNamed = 20

export interface ReporterOptions {
  readonly input: () => ReportInput
  readonly writer: ReportWriter
  readonly clock: AgentClock
  readonly logger: AgentLogger
}

export interface Reporter {
  /** Makes the object in the API server say what it should. What it throws may be tried again. */
  reconcile(signal: AbortSignal): Promise<void>
}

/** The report could not be written: somebody else wrote first, or the API server does not know the kind yet. */
export class ReportNotWrittenError extends Error {
  override readonly name = 'ReportNotWrittenError'
  readonly code = 'ReportNotWritten'
  readonly retry = 'later'
  readonly remedy = 'Nothing to do; should it stay, check that the CustomResourceDefinitions of Weir are installed.'
}

export function createReporter({ input, writer, clock, logger }: ReporterOptions): Reporter {
  const write = async (wanted: NodeReport, previous: NodeReport | undefined, signal: AbortSignal) => {
    if (!previous) return writer.create(wanted, signal)
    const { ownerReferences = previous.metadata.ownerReferences } = wanted.metadata
    const metadata = { ...previous.metadata, ...(ownerReferences && { ownerReferences }) }
    return writer.replace({ ...wanted, metadata }, signal)
  }
  return {
    async reconcile(signal) {
      const { self } = input()
      const previous = await writer.read(self, signal)
      const given = input()
      const wanted = reportOf(given, previous, clock.now())
      if (previous && isSame(wanted, previous)) return
      const written = await write(wanted, previous, signal)
      if (!written) throw new ReportNotWrittenError(`the report of node ${self} could not be written`)
      const { reason, message } = wanted.spec.conditions?.[0] ?? {}
      const traps = given.traps?.map(trap => trap.reason)
      logger.info({ nodeReport: self, reason, detail: message, ...(traps?.length && { traps }) }, 'node report written')
    },
  }
}

/** Of its owner it says what the Node is now; while there is no Node, the last one stays. */
function isSame(wanted: NodeReport, previous: NodeReport): boolean {
  const uidOf = ({ metadata }: NodeReport) => metadata.ownerReferences?.[0]?.uid
  return isDeepStrictEqual(wanted.spec, previous.spec) && (uidOf(wanted) ?? uidOf(previous)) === uidOf(previous)
}
