// What the Announcement's status says of the way packets take from the node that announces. Pure.
import type { Announcement } from '../../../../src/api/announcement.ts'
import type { OtherNode, PathChoice } from '../datapath/network-paths.ts'
import type { Obstacle } from '../datapath/preflight.ts'

export type StatedPath = NonNullable<NonNullable<Announcement['status']>['path']>

const longestMessage = 1024

export function statedPath({ path, why }: PathChoice, others: readonly OtherNode[]): StatedPath {
  if (!why) return { mode: path }
  const { reason, node } = why
  const obstacle = others.find(({ name }) => name === node)?.obstacle
  const message = reason === 'NodeUnable' && obstacle !== undefined ? { message: obstacle.slice(0, longestMessage) } : {}
  return { mode: path, reason, ...(node !== undefined && { node }), ...message }
}

/** This node has no data path: kube-proxy carries everything. */
export function withoutDataPath(self: string, { reason, message }: Obstacle): StatedPath {
  return { mode: 'kube-proxy', reason, node: self, message: message.slice(0, longestMessage) }
}

/** Packets cannot be looked at at all, so not even source ranges are kept. */
export function isBlinding({ reason }: { readonly reason: string }): boolean {
  return reason === 'NftMissing' || reason === 'NftRefused' || reason === 'NetfilterBypassed'
}

export function isSamePath(one: StatedPath | undefined, other: StatedPath | undefined): boolean {
  return (
    one?.mode === other?.mode && one?.reason === other?.reason && one?.node === other?.node && one?.message === other?.message
  )
}
