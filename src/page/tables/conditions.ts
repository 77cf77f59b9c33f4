// The cell that says how something stands, made from its condition.
import type { Cell } from '../model.ts'

export interface Standing {
  readonly ready: boolean
  readonly reason: string
  readonly message: string
}

/** `ready`, or the reason with the message under it. */
export function standingCell({ ready, reason, message }: Standing): Cell {
  if (ready) return { text: 'ready', tone: 'good' }
  return { text: reason || 'not looked at yet', tone: 'bad', ...(message === '' ? {} : { more: message }) }
}

/** The condition Ready of one of our kinds. */
export function standingOf(
  status:
    | {
        readonly conditions?: readonly {
          readonly type: string
          readonly status: string
          readonly reason?: string
          readonly message?: string
        }[]
      }
    | undefined,
): Standing {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  return { ready: condition?.status === 'True', reason: condition?.reason ?? '', message: condition?.message ?? '' }
}

/** Nothing to say. */
export const none: Cell = { text: '–', tone: 'quiet' }

/** The text, or that there is none. */
export function textCell(text: string, rest: Omit<Cell, 'text'> = {}): Cell {
  return text === '' ? none : { text, ...rest }
}
