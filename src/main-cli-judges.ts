// How the providers read Services and Ingresses that were written for other controllers; loaded only when somebody migrates.
import { readIngressSettings } from '../providers/aws/ingress/settings.ts'
import { readSettings } from '../providers/aws/settings.ts'
import type { Judge } from './cli/migrate/aws-lbc.ts'
import { ingressReaders } from './main-readers.ts'
import { buildLoadBalancer } from './model/build.ts'

export const aws: Judge = {
  service(service, lbClass) {
    const { desired, problems } = buildLoadBalancer(service, lbClass)
    return [...problems, ...readSettings(desired).problems]
  },
  ingress: (ingress, lbClass) => readIngressSettings(ingress, lbClass).problems,
}

export const local: Pick<Judge, 'ingress'> = {
  ingress: (ingress, lbClass) => ingressReaders.local.read(ingress, lbClass).problems,
}
