// The JSON of `listen-ports`: `[{"HTTP":80},{"HTTPS":443}]`.
import { z } from 'zod'
import type { Parsed } from '../../../../src/api/annotations.ts'
import { type Forms, readJson } from '../json.ts'

export interface ListenPort {
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly port: number
}

const port = z.int().min(1).max(65_535)
const schema = z.array(z.strictObject({ HTTP: port.optional(), HTTPS: port.optional() })).min(1)
const forms: Forms = { HTTP: 'a port from 1 to 65535', HTTPS: 'a port from 1 to 65535' }

export function parseListenPorts(text: string): Parsed<readonly ListenPort[]> {
  const parsed = readJson(text, schema, forms)
  if ('error' in parsed) return parsed
  const ports = parsed.value.flatMap(({ HTTP, HTTPS }): ListenPort[] => [
    ...(HTTP === undefined ? [] : [{ protocol: 'HTTP' as const, port: HTTP }]),
    ...(HTTPS === undefined ? [] : [{ protocol: 'HTTPS' as const, port: HTTPS }]),
  ])
  if (ports.length === 0) return { error: 'names no port' }
  const twice = ports.find((each, index) => ports.findIndex(other => other.port === each.port) !== index)
  return twice ? { error: `port ${twice.port} stands there twice` } : { value: ports }
}
