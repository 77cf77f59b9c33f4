// What the page shows, as data: tables of cells and a few figures. The server makes it, the browser draws it; neither knows more.

/** How something stands: as it should be, not so, or of little interest. */
export type Tone = 'good' | 'bad' | 'quiet'

/** One cell of a table. Everything in it is text, never markup. */
export interface Cell {
  /** Line feeds part what belongs to several addresses. */
  readonly text: string
  /** Stands under it, smaller. */
  readonly more?: string
  readonly tone?: Tone
  /** Addresses and the like: letters of one width. */
  readonly mono?: boolean
  /** What it opens when it is followed, as `service/default/web`. */
  readonly open?: string
  /** RFC 3339. The browser writes the age, so that time alone changes nothing here. */
  readonly since?: string
  /** How much of something is taken. */
  readonly fill?: { readonly used: number; readonly of: number }
}

export interface Column {
  readonly label: string
  /** A change in it is told to who listens instead of looks. */
  readonly tell?: boolean
}

export interface TableRow {
  /** The same as long as it is about the same thing. */
  readonly key: string
  /** Something about it is not as it should be. */
  readonly bad: boolean
  readonly cells: readonly Cell[]
}

export interface Table {
  readonly id: TableId
  readonly title: string
  /** Said where there are no rows at all. */
  readonly empty: string
  readonly columns: readonly Column[]
  /** Those of this part of the matching ones. */
  readonly rows: readonly TableRow[]
  readonly total: number
  readonly matching: number
  /** The number of the first row here among the matching ones, from 0. */
  readonly from: number
}

export const tableIds = ['services', 'ingresses', 'addresses', 'pools', 'nodes', 'classes', 'load-balancers', 'events'] as const
export type TableId = (typeof tableIds)[number]

/** A number that stands at the top. */
export interface Figure {
  readonly table: TableId
  readonly label: string
  readonly value: string
  readonly note: string
  readonly tone: Tone
}

/** Who answers, and how far it can be believed. */
export interface Self {
  readonly identity: string
  readonly version: string
  readonly leads: boolean
  /** The holder of the Lease; empty while nobody leads. */
  readonly leader: string
  /** What keeps its copies of the cluster from being complete and fresh; none when all is well. */
  readonly troubles: readonly string[]
}

export interface PageState {
  readonly self: Self
  readonly figures: readonly Figure[]
  readonly tables: readonly Table[]
}
