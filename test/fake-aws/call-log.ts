// The log of calls: what a test counts and reads, and what the bench prints as a ledger.

export type CallEntry = {
  readonly number: number
  readonly service: string
  readonly operation: string
  /** The access key it was signed with. */
  readonly caller: string
  /** Milliseconds since the epoch, by the fake's clock. */
  readonly at: number
  readonly input: Readonly<Record<string, unknown>>
  /** `ok`, the code of the error, `reset` or `timeout`. */
  readonly outcome: string
  /** Whether the call changed or read anything; false when it failed before that. */
  readonly effective: boolean
}

export type CallLog = {
  readonly entries: readonly CallEntry[]
  /** How many calls there were, of one operation or of all. */
  count(operation?: string): number
  /** The number of calls by operation, most frequent first. */
  counts(): Readonly<Record<string, number>>
  /** The calls signed with one access key: tests that change something by hand use another one than the controller. */
  by(accessKeyId: string): CallLog
  /** The calls after a moment marked by `mark()`. */
  since(mark: number): CallLog
  mark(): number
  /** One line for each call. */
  text(): string
}

export type WritableCallLog = CallLog & { add(entry: Omit<CallEntry, 'number'>): void; clear(): void }

/** An empty log. */
export function callLog(): WritableCallLog {
  let number = 0
  let kept: CallEntry[] = []
  return {
    ...view(() => kept),
    get entries() {
      return kept
    },
    add: entry => void kept.push({ number: ++number, ...entry }),
    clear: () => void (kept = []),
    mark: () => number,
    by: accessKeyId => frozen(kept.filter(entry => entry.caller === accessKeyId)),
    since: mark => frozen(kept.filter(entry => entry.number > mark)),
  }
}

function frozen(entries: readonly CallEntry[]): CallLog {
  return {
    ...view(() => entries),
    entries,
    mark: () => entries.at(-1)?.number ?? 0,
    by: accessKeyId => frozen(entries.filter(entry => entry.caller === accessKeyId)),
    since: mark => frozen(entries.filter(entry => entry.number > mark)),
  }
}

function view(entries: () => readonly CallEntry[]): Pick<CallLog, 'count' | 'counts' | 'text'> {
  return {
    count: operation =>
      operation === undefined ? entries().length : entries().filter(entry => entry.operation === operation).length,
    counts() {
      const groups = [...Map.groupBy(entries(), entry => entry.operation)].map(
        ([operation, calls]) => [operation, calls.length] as const,
      )
      return Object.fromEntries(groups.toSorted(([a, left], [b, right]) => right - left || a.localeCompare(b)))
    },
    text: () => entries().map(say).join('\n'),
  }
}

function say(entry: CallEntry): string {
  const input = Object.entries(entry.input).map(([key, value]) => `${key}=${short(value)}`)
  return `${entry.number} ${entry.service}:${entry.operation} ${input.join(' ')} → ${entry.outcome}`
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
