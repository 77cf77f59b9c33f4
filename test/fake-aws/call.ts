// What a handler of an operation gets: the account, the clock, and how fresh its view may be.
import { createHash } from 'node:crypto'
import type { Settings } from './settings.ts'
import type { View, World } from './world.ts'
import { viewAt } from './world.ts'

/** What all calls share. */
export type Account = {
  readonly world: World
  readonly settings: Settings
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A new identifier of `digits` hexadecimal digits. */
  readonly newId: (digits: number) => string
  /** Keys that a role gave out, and when they end. */
  readonly rememberSession: (accessKeyId: string, expiresAt: number) => void
}

export type Call = Account & {
  readonly operation: string
  readonly accessKeyId: string
  /** The moment the call may see: now, or earlier when reads are stale. */
  readonly seenAt: number
  /** What a Describe or List call answers from. */
  readonly seen: View
  /** Where a mutating call finds what it refers to. */
  readonly references: View
}

/** A handler takes the decoded input and gives the operation's output. */
export type Handler = (input: never, call: Call) => object

/** Handlers by the name of their operation. */
export type Operations = Readonly<Record<string, Handler>>

/** The call of one request. */
export function callOf(account: Account, operation: string, accessKeyId: string): Call {
  const { staleReadMs, staleReferenceMs } = account.settings.timings
  const seenAt = account.now() - (typeof staleReadMs === 'function' ? staleReadMs(operation) : staleReadMs)
  return {
    ...account,
    operation,
    accessKeyId,
    seenAt,
    seen: viewAt(account.world, seenAt),
    references: viewAt(account.world, account.now() - staleReferenceMs),
  }
}

/** Identifiers that look like AWS's and are the same in every run. */
export function identifiers(seed: string): (digits: number) => string {
  let count = 0
  return digits => createHash('sha256').update(`${seed}/${count++}`).digest('hex').slice(0, digits)
}

/** The ARN of an Elastic Load Balancing resource; `path` begins with its kind. */
export function elbArn(account: Account, path: string): string {
  return `arn:aws:elasticloadbalancing:${account.settings.region}:${account.settings.account}:${path}`
}
