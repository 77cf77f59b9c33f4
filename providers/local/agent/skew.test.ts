// An agent beside a controller of another version: what it does with what it does not know.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Announcement } from '../../../src/api/announcement.ts'
import { decide } from './decide.ts'
import type { View } from './decide.ts'
import { usesPods } from './forwarding/uses-pods.ts'
import { calmView, placement } from './view-under-test.ts'

const file = join(import.meta.dirname, '..', '..', '..', 'test', 'skew', 'recorded-v1alpha1.json')
const recorded: readonly (Pick<Announcement, 'kind'> & object)[] = JSON.parse(readFileSync(file, 'utf8'))
const announcements = recorded.filter((object): object is Announcement => object.kind === 'Announcement')

const view = (self: string): View => ({ ...calmView, self })

/** With fields that this version does not have, as a later controller may write them. */
function later({ spec, status, ...rest }: Announcement, change: object = {}): Announcement {
  const unknown: object = { segments: ['dc-1'], speed: { gbit: 100 } }
  return { ...rest, spec: { ...spec, ...unknown, ...change }, ...(status && { status: { ...status, ...unknown } }) }
}

test.each(announcements.map(each => [each.metadata.name, each] as const))(
  'what was recorded of %s is announced by its owner and by nobody else, with and without fields that are not known',
  (_name, announcement) => {
    expect(announcement.status?.node).toBeTruthy()
    for (const node of announcement.spec.nodes) {
      const isOwner = node === announcement.status?.node
      for (const each of [announcement, later(announcement)])
        expect(decide(each, view(node)).announce).toEqual(isOwner ? placement : undefined)
    }
  },
)

test('targets of a kind that is not known are served through kube-proxy', () => {
  const [first] = announcements
  if (!first) throw new Error('there is no recorded Announcement')
  const unknown = later(first, { targets: 'Tunnel' })
  expect(usesPods(unknown)).toBe(false)
  expect(decide(unknown, view(unknown.status?.node ?? '')).announce).toEqual(placement)
})
