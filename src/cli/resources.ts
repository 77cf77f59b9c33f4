// The resources that only the command line reads, or reads in a form of its own.
import type { IngressReport } from '../api/ingress-report.ts'
import { kindNames } from '../api/kind-names.ts'
import { resourceOf } from '../controllers/resources.ts'
import { defineResource } from '../kubernetes/objects.ts'
import type { Ingress, IngressClass } from '../model/ingress-objects.ts'
import type { PodOfTargets } from './pod.ts'

export const podsOfTargets = defineResource<PodOfTargets>({
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
})
export const ingresses = defineResource<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
})
export const ingressClasses = defineResource<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
})
export const ingressReports = resourceOf<IngressReport>(kindNames.ingressReport)
