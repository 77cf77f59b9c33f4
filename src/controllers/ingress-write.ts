// Carries what was decided of an Ingress to the API server: its report, its status, one event per transition, warnings once.
import { isDeepStrictEqual } from 'node:util'
import { kindReadyCondition, readyState } from '../api/conditions.ts'
import { apiVersion, ingressFinalizer } from '../api/group.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import { kindNames } from '../api/kind-names.ts'
import type { Reason } from '../api/reasons.ts'
import { findCondition, setCondition } from '../kubernetes/conditions.ts'
import type { MergePatch } from '../kubernetes/writes.ts'
import type { Ingress } from '../model/ingress-objects.ts'
import type { LoadBalancerIngress } from '../model/kubernetes-objects.ts'
import type { IngressPoint } from '../provider.ts'
import { latestIngress, latestReport } from './ingress-context.ts'
import type { IngressContext } from './ingress-context.ts'
import { hasFinalizer, isReportOf } from './ingress-decision.ts'
import type { ReportContent } from './ingress-findings.ts'
import type { IngressEntry } from './ingress-registry.ts'
import { pruneIngress } from './prune.ts'
import { ingressReports, ingresses } from './resources.ts'
import { warningMark } from './service-memory.ts'

/** Reasons that tell of waiting, not of anything wrong. */
const calm: ReadonlySet<Reason> = new Set<Reason>(['Routed', 'Pending', 'Provisioning'])

/**
 * Writes report and status unless they are there already; the report first, because gateways serve whom it names. Throws what
 * the API server answers: after a Conflict the caller looks again. `points` absent: the status stays as it is.
 */
export async function writeMember(
  context: IngressContext,
  entry: IngressEntry,
  content: ReportContent,
  points: readonly IngressPoint[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  const before = await writeReport(context, entry, content, points, signal)
  if (points) await writeStatus(context, entry, points, signal)
  tell(context, entry, content, before)
}

/** Gives the report as it was before. */
async function writeReport(
  context: IngressContext,
  { key, ingress }: IngressEntry,
  { spec, status, finding }: ReportContent,
  points: readonly IngressPoint[] | undefined,
  signal: AbortSignal,
): Promise<IngressReport | undefined> {
  const { writer, clock, log, stores } = context.surroundings
  const { metadata } = ingress
  const startedAt = clock.monotonic()
  const found = latestReport(context, key)
  const old = isReportOf(found, ingress) ? found : undefined
  if (found && !old) await writer.remove(ingressReports, found, { signal })
  const conditions = setCondition(
    old?.status?.conditions,
    readyState(finding, metadata.generation, kindReadyCondition),
    clock.now(),
  )
  const addresses = points ? points.map(addressOf) : (old?.status?.addresses ?? [])
  const { conditions: _, addresses: __, ...rest } = old?.status ?? {}
  const next = { ...(status ?? rest), addresses, conditions: [...conditions] }
  if (old && isDeepStrictEqual(old.spec, spec) && isDeepStrictEqual(old.status, next)) return old
  const report: IngressReport = {
    apiVersion,
    kind: kindNames.ingressReport.kind,
    metadata: old?.metadata ?? {
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ownerReferences: [{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: metadata.name, uid: metadata.uid ?? '' }],
    },
    spec,
    status: next,
  }
  const written = await (old
    ? writer.update(ingressReports, report, { signal })
    : writer.create(ingressReports, report, { signal }))
  context.aheadReports.set(key, { of: stores.ingressReports.get(key)?.metadata.resourceVersion ?? '', report: written })
  const durationMs = Math.round(clock.monotonic() - startedAt)
  log.info({ object: key, reason: finding.reason, durationMs, addresses, group: spec.group }, 'Ingress decided')
  return old
}

async function writeStatus(
  context: IngressContext,
  entry: IngressEntry,
  points: readonly IngressPoint[],
  signal: AbortSignal,
): Promise<void> {
  const seen = latestIngress(entry)
  const wanted = points.map(statusPoint)
  if (isSameStatus(seen, wanted)) return
  await patchIngress(context, entry, { status: { loadBalancer: { ingress: wanted.length === 0 ? null : wanted } } }, signal)
}

/** Metadata and status in one request: the subresource of Ingresses takes both, and never the spec. */
async function patchIngress(
  { surroundings }: IngressContext,
  entry: IngressEntry,
  patch: MergePatch,
  signal: AbortSignal,
): Promise<void> {
  const answer = await surroundings.writer.patchStatus(ingresses, latestIngress(entry), patch, { signal })
  entry.ahead = { of: entry.ingress.metadata.resourceVersion ?? '', ingress: pruneIngress(answer) }
}

/** Puts our finalizer on it, so that it is not gone before all that was made for it. */
export async function protect(context: IngressContext, entry: IngressEntry, signal: AbortSignal): Promise<void> {
  const { metadata } = latestIngress(entry)
  if (hasFinalizer({ metadata }) || metadata.deletionTimestamp !== undefined) return
  await patchIngress(context, entry, { metadata: { finalizers: [...(metadata.finalizers ?? []), ingressFinalizer] } }, signal)
}

/** Takes off what a controller left that is gone; what it had made is ours by now. */
export async function takeOff(context: IngressContext, entry: IngressEntry, signal: AbortSignal): Promise<void> {
  const { decision } = entry
  const left = decision.kind === 'served' ? (decision.left ?? []) : []
  const present = latestIngress(entry).metadata.finalizers ?? []
  const finalizers = present.filter(name => !left.includes(name))
  if (finalizers.length < present.length) await patchIngress(context, entry, { metadata: { finalizers } }, signal)
}

/** Takes away what is ours on an Ingress that is not served here any more: a status that somebody else wrote stays. */
export async function clearIngress(context: IngressContext, entry: IngressEntry, signal: AbortSignal): Promise<void> {
  const { surroundings, aheadReports } = context
  const seen = latestIngress(entry)
  const report = latestReport(context, entry.key)
  const { metadata, status } = seen
  const present = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
  const isOurs = present.length > 0 && isDeepStrictEqual(present, report?.status?.addresses)
  const finalizers = metadata.finalizers?.filter(name => name !== ingressFinalizer)
  const patch: MergePatch = {
    ...(hasFinalizer(seen) ? { metadata: { finalizers } } : {}),
    ...(isOurs && metadata.deletionTimestamp === undefined ? { status: { loadBalancer: { ingress: null } } } : {}),
  }
  if (Object.keys(patch).length > 0) await patchIngress(context, entry, patch, signal)
  if (isReportOf(report, seen)) await surroundings.writer.remove(ingressReports, report, { signal })
  aheadReports.delete(entry.key)
  surroundings.log.info({ object: entry.key, reason: 'Released' }, 'Ingress released')
  if (metadata.deletionTimestamp !== undefined) return
  const note = 'It is not served here any more.'
  surroundings.events.record({ regarding: asObject(seen), type: 'Normal', reason: 'Released', action: 'Release', note })
}

function tell(
  { surroundings: { events } }: IngressContext,
  entry: IngressEntry,
  { finding, warnings }: ReportContent,
  before: IngressReport | undefined,
): void {
  const regarding = asObject(entry.ingress)
  const ready = finding.ready === true
  const { reason, message, status } = readyState(finding)
  const old = findCondition(before?.status?.conditions, kindReadyCondition)
  const moved = old?.reason !== reason || old.status !== status
  if (moved) {
    const type = ready || calm.has(finding.reason) ? 'Normal' : 'Warning'
    events.record({ regarding, type, reason: finding.reason, action: ready ? 'Serve' : 'Wait', note: message })
  }
  // After a restart a condition that is what it was tells that an earlier process told the warnings beside it.
  const { warned } = entry
  const current = new Map(warnings.map(warning => [warningMark(warning), warning]))
  for (const [mark, warning] of current) {
    if (warned ? warned.has(mark) : !moved) continue
    events.record({
      regarding,
      type: 'Warning',
      reason: warning.reason,
      action: 'Warn',
      note: `${warning.message} ${warning.remedy}`,
    })
  }
  entry.warned = new Set(current.keys())
}

function asObject(ingress: Ingress) {
  return { ...ingress, apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' }
}

function addressOf(point: IngressPoint): string {
  return 'ip' in point ? point.ip : point.hostname
}

/** The points of an Ingress have no ipMode. */
function statusPoint(point: IngressPoint): LoadBalancerIngress {
  const ports = point.ports ? { ports: point.ports } : {}
  return 'ip' in point ? { ip: point.ip, ...ports } : { hostname: point.hostname, ...ports }
}

function isSameStatus({ status }: Ingress, wanted: readonly LoadBalancerIngress[]): boolean {
  return isDeepStrictEqual(status?.loadBalancer?.ingress ?? [], wanted)
}
