// What a command has to say, before it is a text, JSON or YAML: blocks for people, data for programs.

/** One row of a table, a cell for each column. */
export type Row = readonly string[]

export type Block =
  | { readonly kind: 'line'; readonly text: string; readonly tone?: Tone }
  | { readonly kind: 'table'; readonly head: Row; readonly rows: readonly Row[]; readonly indent?: number }
  /** Labels with what there is to say about each; more than one line stands under the first. */
  | { readonly kind: 'facts'; readonly rows: readonly Fact[]; readonly indent?: number }

export interface Fact {
  readonly label: string
  readonly lines: readonly string[]
}

/** Shown in colour at a terminal. */
export type Tone = 'good' | 'bad' | 'quiet'

export interface View {
  /** For people. */
  readonly blocks: readonly Block[]
  /** For programs: plain data with stable names. */
  readonly data: unknown
  /** Whether everything that was asked about is as it should be; the exit code says the same. */
  readonly healthy: boolean
}

export function line(text: string, tone?: Tone): Block {
  return { kind: 'line', text, ...(tone ? { tone } : {}) }
}

export function fact(label: string, ...lines: readonly string[]): Fact {
  return { label, lines }
}
