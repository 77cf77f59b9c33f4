// The resources that only the command line reads, or reads in a form of its own.
import { defineResource } from '../kubernetes/objects.ts'
import type { PodOfTargets } from './pod.ts'

export const podsOfTargets = defineResource<PodOfTargets>({
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
})
