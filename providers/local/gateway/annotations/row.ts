// What is said of one annotation of Ingresses: how it is read under our prefix and under that of ingress-nginx, and what differs.
import type { Parsed } from '../../../../src/api/annotations.ts'
import { group } from '../../../../src/api/group.ts'

export const ownPrefix = `${group}/`
export const nginxPrefix = 'nginx.ingress.kubernetes.io/'

/** A key that is honoured. */
export interface GatewayRow<Value = unknown> {
  /** Reads the value; never throws. `error` completes the sentence `Annotation <key>: <error>`. */
  readonly parse: (text: string) => Parsed<Value>
  /** Name of the value in what reading gives. */
  readonly sets: string
  readonly doc: string
  readonly default: string
  readonly example: string
  /** Names under ingress-nginx's prefix; absent: the same as under ours. */
  readonly nginx?: readonly string[]
  /** What is other than with ingress-nginx; absent: nothing. */
  readonly differs?: string
  /** Who may come in depends on it: where it cannot be used, the routes are closed. */
  readonly guards?: true
}

/** A key of ingress-nginx that is not honoured. */
export interface RefusedRow {
  /** Completes the sentence `It is not honoured: …`. */
  readonly why: string
  readonly remedy: string
  /** Values that ask for what holds anyway; they are taken without a word. */
  readonly harmless?: readonly string[]
  readonly guards?: true
}

/** A key of ingress-nginx that there is nothing to do for. */
export type NeedlessRow = string
