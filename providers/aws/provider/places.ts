// Where load balancers stand is on record; as whom and by which endpoints to work there is up to their class as it is now.
import type { Ledger, LedgerRecord, Place } from '../model/ledger.ts'
import { hashOf } from '../model/ledger.ts'

/**
 * The ledger, with the role and endpoints that each record's class has today: a role that was renamed would otherwise keep what it
 * made for ever out of reach. `placeOf` gives the place of a class by its name, as far as that is known. Where region, VPC or account
 * are others, the record stays as it is: what it tells of is not there.
 */
export function withPlacesOfNow(ledger: Ledger, placeOf: (className: string) => Place | undefined): Ledger {
  const hashes = new WeakMap<Place, string>()
  const hash = (place: Place) => {
    const known = hashes.get(place) ?? hashOf(place)
    hashes.set(place, known)
    return known
  }
  const moved = new WeakMap<LedgerRecord, LedgerRecord>()
  const now = (record: LedgerRecord, place: Place | undefined): LedgerRecord => {
    if (!place || hash(place) === hash(record.place) || !isThere(place, record.place)) return record
    const known = moved.get(record)
    // The same object as long as nothing changes, as from the ledger itself.
    if (known && hash(known.place) === hash(place)) return known
    const next = { ...record, place }
    moved.set(record, next)
    return next
  }
  return {
    read: id => {
      const record = ledger.read(id)
      return record && now(record, placeOf(record.class))
    },
    entries() {
      const entries = [...ledger.entries()]
      const places = new Map([...new Set(entries.map(([, record]) => record.class))].map(name => [name, placeOf(name)]))
      return entries.map(([id, record]) => [id, now(record, places.get(record.class))] as const)
    },
    write: (id, record, signal) => ledger.write(id, record, signal),
    remove: (id, signal) => ledger.remove(id, signal),
  }
}

/** A VPC may be shared by several accounts, each with load balancers of its own. */
function isThere(one: Place, other: Place): boolean {
  const account = ({ assumeRole }: Place) => assumeRole?.arn.split(':')[4]
  return one.region === other.region && one.vpcId === other.vpcId && account(one) === account(other)
}
