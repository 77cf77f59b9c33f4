// One Ingress as a gateway reads it, the same for who reports on it and who serves it.
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import { type BackendResolver, type IngressRouting, readIngress } from '../../../src/model/routing/read.ts'
import type { ReadingOptions } from './annotations/asked.ts'
import { readSettings, type SettingsReading } from './annotations/read.ts'

export interface MemberReading extends SettingsReading {
  readonly routing: IngressRouting
}

/** Reads annotations, and then routes by what they say. Pure; never throws. */
export function readMember(ingress: Ingress, resolve: BackendResolver, options: ReadingOptions = {}): MemberReading {
  const reading = readSettings(ingress, options)
  return { ...reading, routing: readIngress(ingress, resolve, reading.settings.ways) }
}
