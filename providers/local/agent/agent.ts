// The agent of one node: follows Announcements and Leases, announces what is this node's, claims what is vacant.
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcedFinalizer } from '../../../src/api/group.ts'
import { announcementName, parseAddress } from '../../../src/model/address.ts'
import type { NodeInterface } from '../../../src/api/node-report.ts'
import { createAnnouncedAddresses } from './announced-addresses.ts'
import type { AddressAnnouncer } from './announced-addresses.ts'
import { addressKey } from './announcer/address-key.ts'
import type { AddressKey } from './announcer/address-key.ts'
import type { Conflict } from './announcer/announcer.ts'
import { createConflicts, overAfterMs } from './conflicts.ts'
import type { ConflictPolicy } from './conflicts.ts'
import { decide, mayElect, ownership, statusPatch, termOf } from './decide.ts'
import type { AnnouncementWrite, Decision, View } from './decide.ts'
import type { HeartbeatPort } from './heartbeat/heartbeats.ts'
import { createFellows } from './fellows.ts'
import { createFirstUses } from './first-use.ts'
import { knownAnnouncements } from './known-announcements.ts'
import { watchLeases } from './lease-watch.ts'
import { createLiveness } from './liveness.ts'
import { nextInLine, restateAfterMs } from './next-in-line.ts'
import type { Presence } from './forwarding/departures.ts'
import { rememberPlacements } from './placement.ts'
import type { AgentClock, AgentLogger, AnnouncementWriter, LeaseStore, Watched } from './ports.ts'
import { createUnattended } from './unattended.ts'

export interface AgentOptions {
  /** The name of this node. */
  readonly self: string
  /** Both synced: what is not there does not exist. */
  readonly announcements: Watched<Announcement>
  readonly leases: LeaseStore
  readonly announcer: AddressAnnouncer
  readonly writer: AnnouncementWriter
  /** Monotonic time of the last renewal of our own Lease that succeeded. */
  readonly lastRenewal: () => number | undefined
  readonly leaseDurationMs: number
  /** What to do about a foreign station with an address of ours; `defend` unless told. */
  readonly conflictPolicy?: ConflictPolicy
  /** Failover within half a second, without the API server; left out, Leases decide alone. */
  readonly heartbeats?: HeartbeatPort
  /** Asks for `reconcile(name)` to be called soon, with retries; low priority, a few at once. */
  readonly wake: (name: string, afterMs?: number) => void
  /** How packets for the address go from here to pods; see `View.path`. */
  readonly pathOf?: (announcement: Announcement) => View['path']
  /** Whether its source ranges are not kept here yet; see `View.awaitsFence`. */
  readonly awaitsFence?: (announcement: Announcement) => boolean
  /** An agent came or went. */
  readonly onLife?: () => void
  readonly clock: AgentClock
  readonly logger: AgentLogger
  /** An address is announced from here now, or no more. */
  readonly onMove?: (to: 'here' | 'away') => void
}

export interface AnnouncementState {
  readonly object: Announcement
  readonly announcedOn: string | undefined
  /** Its candidates that live, as seen from here. */
  readonly living: readonly string[]
  readonly view: View
  readonly decision: Decision
}

export interface Agent {
  /** Carries out what is to be written about one Announcement. What it throws may be tried again. */
  reconcile(name: string, signal: AbortSignal): Promise<void>
  /** What `pathOf` says of these addresses changed. */
  restatePaths(addressesOf: readonly string[]): void
  /** By the heartbeats of those with whom this node shares addresses, else by its Lease. `left`: its agent ended in order. */
  presenceOf(node: string): Presence
  /** Whether the address is answered for from here, or is about to be. */
  announces(address: string): boolean
  /** The interfaces are these now. Where a link came up, what is announced there is announced again. */
  useInterfaces(now: readonly NodeInterface[]): void
  /** Another station uses an address of ours: it is defended, or given up by a node that may not be its owner any more. */
  meetConflict(conflict: Conflict): void
  /** Stops announcing, at once, and claims nothing more. Resolves when no address is answered any more. */
  withdraw(): Promise<void>
  /** What is known of an Announcement here and decided from it, for who asks why; undefined when there is none. */
  stateOf(name: string): AnnouncementState | undefined
  /** The names of the Announcements whose owner is still this node: what is left to be given up after `withdraw`. */
  owned(): readonly string[]
  readonly announcing: number
}

export function createAgent(options: AgentOptions): Agent {
  const { self, announcements, leases, announcer, writer, clock, logger, leaseDurationMs, heartbeats } = options
  const addresses = createAnnouncedAddresses(announcer)
  const liveness = createLiveness({ self, longestGapMs: leaseDurationMs / 2 })
  const objects = knownAnnouncements(announcements)
  const conflicts = createConflicts(options.conflictPolicy ?? 'defend')
  /** What an earlier process of this agent still owned when this one started. */
  const inheritedEpochs = new Map<string, number>()
  const unattended = createUnattended()
  const fellows = createFellows(self)
  /** Deleted, but still withdrawn and forgotten: what comes under the same name begins after that, with nothing of the old one. */
  const forgetting = new Set<string>()
  let interfaces: readonly NodeInterface[] | undefined
  let placementOf = rememberPlacements(self, [])
  let stopping = false
  /** When an agent came or went last. */
  let restlessAt = clock.monotonic()
  let flush: Promise<void> | undefined
  const isAlive = (node: string) => liveness.isAlive(node, clock.monotonic())

  const current = (name: string) => objects.get(name)
  const apply = (): Promise<void> => {
    flush ??= new Promise(resolve => setImmediate(resolve)).then(() => {
      flush = undefined
      return addresses.apply()
    })
    return flush
  }
  /** An announcer that does not obey says so itself and ends this process with its reason; nothing rejected may do it before. */
  const afterApply = (run?: () => unknown): void => {
    const disobeyed = (error: unknown) => logger.error({ error: String(error) }, 'the announcer does not obey')
    void apply().then(run).catch(disobeyed)
  }
  /** Decides about one address and announces or withdraws accordingly; what is to be written is left to `reconcile`. */
  const look = (name: string): Decision => {
    const announcement = current(name)
    if (!announcement || interfaces === undefined || forgetting.has(name)) return {}
    const view = viewOf(announcement)
    const decision = decide(announcement, view)
    // The successor hears first what is given up: to close the sockets here takes tens of milliseconds.
    if (!decision.announce) tellHeartbeats(announcement, view, decision)
    place(announcement, decision)
    if (decision.announce) tellHeartbeats(announcement, view, decision)
    if (decision.againAfterMs !== undefined) options.wake(name, decision.againAfterMs)
    return decision
  }
  const viewOf = (announcement: Announcement): View => {
    const { metadata, spec } = announcement
    const { choice, key } = placementOf(spec)
    const segment = 'none' in choice ? key !== undefined && addresses.where(key)?.name : choice.name
    // By its heartbeats on the segment of the address, if it ever spoke there.
    const livesHere = (node: string) => (segment ? heartbeats?.lives(segment, node) : undefined)
    const standing = heartbeats?.standing(spec.address)
    const seen = {
      self,
      standing,
      // Where heartbeats do not decide, being unheard is no reason to take something away from somebody.
      isAlive: (node: string) => (standing?.elects ? livesHere(node) : undefined) ?? isAlive(node),
      hasLease: isAlive,
    }
    return {
      ...seen,
      placement: choice,
      yieldedEpoch: conflicts.yielded(metadata.name)?.epoch,
      yieldedTo: conflicts.yielded(metadata.name)?.to,
      path: options.pathOf?.(announcement),
      awaitsFence: options.awaitsFence?.(announcement) === true,
      defended: conflicts.defended(metadata.name, clock.monotonic()),
      defendedOverInMs: defendedOverInMs(announcement),
      probed: announcer.probe && conflicts.probed(metadata.name, clock.monotonic()),
      inheritedEpoch: inheritedEpochs.get(metadata.name),
      canTakeOver: node => livesHere(node) ?? (isAlive(node) && !liveness.looksDead(node, clock.now())),
      unattendedMs: unattended.forMs(announcement, seen, clock.monotonic()),
      patienceMs: leaseDurationMs,
      stopping,
      calmInMs: Math.max(restlessAt + restateAfterMs(metadata.name) - clock.monotonic(), 0),
    }
  }
  /** What an earlier owner, or an earlier process, told of is over by the time it told of it. */
  const defendedOverInMs = ({ metadata, status }: Announcement): number | undefined => {
    if (!status?.defended) return undefined
    const since = Date.parse(status.defended.since)
    const statedMs = Number.isNaN(since) ? 0 : Math.max(since + overAfterMs - clock.now(), 0)
    return Math.max(Math.min(statedMs, overAfterMs), conflicts.overInMs(metadata.name, clock.monotonic()))
  }
  const tellHeartbeats = (announcement: Announcement, view: View, { announce }: Decision) => {
    if (!heartbeats) return
    const { spec, status } = announcement
    const own = view.standing?.own
    const term = termOf(announcement)
    const isStated = !own || (own.term === term && own.epoch === status?.epoch)
    const holds = announce && status?.node === self && isStated ? status.epoch : undefined
    heartbeats.plan(
      {
        address: spec.address,
        candidates: spec.nodes,
        able: mayElect(announcement, view),
        term,
        ...(status && { known: { epoch: status.epoch, node: status.node } }),
        ...(holds !== undefined && { holds }),
      },
      'none' in view.placement ? undefined : view.placement,
    )
    // The worker withdraws it and says so in one breath, and the next one has it as soon as it hears that.
    if (own && !announce) heartbeats.release(spec.address)
  }
  const place = (announcement: Announcement, decision: Decision) => {
    const { key } = placementOf(announcement.spec)
    if (key === undefined) return
    // What goes on is this process's own from now on, whoever comes later.
    if (decision.announce) inheritedEpochs.delete(announcement.metadata.name)
    const before = addresses.where(key)
    addresses.place(key, decision.announce)
    const after = addresses.where(key)
    if (before === after) return
    const fields = {
      announcement: announcement.metadata.name,
      interface: (after ?? before)?.name,
      epoch: announcement.status?.epoch,
    }
    if (!before) logger.info(fields, 'announcing')
    else if (!after) logger.info({ ...fields, owner: announcement.status?.node }, 'withdrawn')
    else logger.info(fields, 'announcing from another interface')
    if (!before || !after) options.onMove?.(after ? 'here' : 'away')
    afterApply()
  }
  const lookAndWake = (name: string) => {
    const decision = look(name)
    if (decision.probe) firstUses.ask(name, decision.probe)
    if (decision.write) options.wake(name)
  }
  const firstUses = createFirstUses({
    announcer,
    conflicts,
    clock,
    logger,
    keyOf(name) {
      const known = current(name)
      return known && placementOf(known.spec).key
    },
    onAnswer: lookAndWake,
    wake: options.wake,
  })
  const lookAtAddress = (text: string) => {
    const parsed = parseAddress(text)
    if (parsed) lookAndWake(announcementName(parsed))
  }
  const lookAtAll = () => {
    for (const { metadata } of announcements.values()) lookAndWake(metadata.name)
  }
  /** Conflicts are rare, so they may cost a look at all. */
  const announcementOf = (address: AddressKey): Announcement | undefined => {
    for (const { spec, metadata } of announcements.values()) if (placementOf(spec).key === address) return current(metadata.name)
    return undefined
  }
  const forget = (announcement: Announcement) => {
    const { name } = announcement.metadata
    objects.forget(name)
    conflicts.forget(name, placementOf(announcement.spec).key)
    inheritedEpochs.delete(name)
    unattended.forget(name)
    place(announcement, {})
    if (!heartbeats || forgetting.has(name)) return
    forgetting.add(name)
    const end = () => {
      heartbeats.forget(announcement.spec.address)
      forgetting.delete(name)
      lookAndWake(name)
    }
    void apply().then(end, end)
  }

  for (const { metadata, status } of announcements.values())
    if (status?.node === self) inheritedEpochs.set(metadata.name, status.epoch)
  announcements.subscribe(
    ({ type, object, old }) => {
      fellows.take((object ?? old)?.metadata.name ?? '', object?.spec.nodes)
      if (type === 'deleted' && old) forget(old)
      else if (object) lookAndWake(object.metadata.name)
    },
    { replay: true },
  )
  const tellLeases = () => {
    for (const { metadata } of leases.values()) heartbeats?.useLease(metadata.name, isAlive(metadata.name))
  }
  watchLeases({
    leases,
    liveness,
    clock,
    onDeathOrBirth() {
      restlessAt = clock.monotonic()
      tellLeases()
      lookAtAll()
      options.onLife?.()
    },
  })
  tellLeases()
  heartbeats?.subscribe({
    onStanding: lookAtAddress,
    onLife() {
      restlessAt = clock.monotonic()
      lookAtAll()
      options.onLife?.()
    },
  })

  const write = (seen: Announcement, decided: AnnouncementWrite, signal: AbortSignal): Promise<Announcement | undefined> => {
    if (decided.kind === 'confirm') {
      const finalizers = seen.metadata.finalizers?.filter(each => each !== announcedFinalizer) ?? []
      return writer.setFinalizers(seen, finalizers, signal)
    }
    const at = {
      self,
      since: formatSince(clock.now()),
      epoch: seen.status?.epoch ?? 0,
      next: nextInLine(seen.spec.nodes, self, viewOf(seen).isAlive),
      path: options.pathOf?.(seen),
      defended: conflicts.defended(seen.metadata.name, clock.monotonic()),
      defendedOverInMs: defendedOverInMs(seen),
    }
    return writer.patchStatus(seen, statusPatch(decided, at), signal)
  }

  return {
    async reconcile(name, signal) {
      const { write: decided, probe: on } = look(name)
      if (on) firstUses.ask(name, on)
      const seen = current(name)
      if (!decided || !seen) return
      const basedOn = objects.version(name)
      // Whoever reads that the address is given up must be able to rely on it.
      if (decided.kind === 'yield' || decided.kind === 'confirm') await apply()
      const started = clock.monotonic()
      const object = await write(seen, decided, signal)
      const fields = { announcement: name, address: seen.spec.address, durationMs: Math.round(clock.monotonic() - started) }
      const why = 'reason' in decided ? { reason: decided.reason } : {}
      if (!object) {
        logger.debug({ ...fields, ...why, write: decided.kind }, 'somebody else wrote first')
        return
      }
      logger.info({ ...fields, ...why, epoch: object.status?.epoch }, sentences[decided.kind])
      objects.wrote(object, basedOn)
      lookAndWake(name)
    },
    restatePaths(changed) {
      for (const text of changed) lookAtAddress(text)
    },
    presenceOf(node) {
      const silentOn = fellows.has(node) ? interfaces?.find(({ name }) => heartbeats?.lives(name, node) === false) : undefined
      if (silentOn ? heartbeats?.hasLeft(silentOn.name, node) : liveness.hasLeft(node)) return 'left'
      return !silentOn && isAlive(node) ? 'alive' : 'dead'
    },
    announces(text) {
      const parsed = parseAddress(text)
      return parsed !== undefined && addresses.where(addressKey(parsed)) !== undefined
    },
    useInterfaces(now) {
      const cameUp = now.filter(each => each.carrier && !interfaces?.some(old => old.index === each.index && old.carrier))
      interfaces = now
      placementOf = rememberPlacements(self, now)
      lookAtAll()
      for (const { name } of cameUp) {
        if (addresses.on(name).size > 0) afterApply(() => announcer.repeat(name, addresses.on(name)))
      }
    },
    meetConflict({ address, interface: on, mac }) {
      if (addresses.where(address)?.name !== on) return
      const now = clock.monotonic()
      const renewed = options.lastRenewal()
      const announcement = announcementOf(address)
      const standing = announcement && heartbeats?.standing(announcement.spec.address)
      const { name } = announcement?.metadata ?? {}
      const answer = conflicts.meet(address, now)
      // Where heartbeats decide, another owner of ours says so itself, unless its keys or candidates are newer: then it insists.
      const mayBeOurs = !standing?.elects || answer !== 'defend'
      const mayBeReplaced = mayBeOurs && (renewed === undefined || now - renewed > leaseDurationMs)
      if (announcement && name !== undefined && (mayBeReplaced || answer === 'give-up')) {
        const why = mayBeReplaced ? 'another node took the address while our lease had ended' : 'given up to another station'
        logger.warn({ announcement: name, mac }, why)
        const { epoch } = ownership(announcement, { self, standing })
        conflicts.giveUp(name, { epoch, ...(!mayBeReplaced && { to: mac }) })
        lookAndWake(name)
        return
      }
      if (answer !== 'defend') return
      logger.warn({ announcement: name, interface: on, mac }, 'another station uses this address')
      void announcer.defend(on, [address]).catch(() => {})
      if (name === undefined) return
      conflicts.defend(name, { mac, nowMs: now, since: formatSince(clock.now()) })
      lookAndWake(name)
    },
    async withdraw() {
      stopping = true
      lookAtAll()
      await apply()
      await heartbeats?.end()
    },
    stateOf(name) {
      const object = current(name)
      if (!object || interfaces === undefined) return undefined
      const view = viewOf(object)
      const { key } = placementOf(object.spec)
      return {
        object,
        announcedOn: key === undefined ? undefined : addresses.where(key)?.name,
        living: object.spec.nodes.filter(node => view.isAlive(node)),
        view,
        decision: decide(object, view),
      }
    },
    owned: () =>
      [...announcements.values()].map(({ metadata }) => metadata.name).filter(name => current(name)?.status?.node === self),
    get announcing() {
      return addresses.size
    },
  }
}

const sentences: Readonly<Record<AnnouncementWrite['kind'], string>> = {
  claim: 'claimed',
  yield: 'given up',
  'report-conflict': 'another station has the address',
  restate: 'interface, MAC, path, next in line or a conflict written anew',
  confirm: 'withdrawal confirmed',
}

/** RFC 3339 with whole seconds, as metav1.Time. */
function formatSince(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`
}
