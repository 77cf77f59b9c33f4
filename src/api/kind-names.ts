// What a request needs to know of our kinds. Apart from their schemas, so that programs at work need not load those.

export interface KindNames {
  readonly kind: string
  readonly plural: string
  readonly scope: 'Cluster' | 'Namespaced'
}

export const kindNames = {
  loadBalancerClass: { kind: 'LoadBalancerClass', plural: 'loadbalancerclasses', scope: 'Cluster' },
  addressPool: { kind: 'AddressPool', plural: 'addresspools', scope: 'Cluster' },
  addressBlock: { kind: 'AddressBlock', plural: 'addressblocks', scope: 'Cluster' },
  announcement: { kind: 'Announcement', plural: 'announcements', scope: 'Cluster' },
  loadBalancer: { kind: 'LoadBalancer', plural: 'loadbalancers', scope: 'Namespaced' },
  targetGroupBinding: { kind: 'TargetGroupBinding', plural: 'targetgroupbindings', scope: 'Namespaced' },
  ingressReport: { kind: 'IngressReport', plural: 'ingressreports', scope: 'Namespaced' },
  nodeReport: { kind: 'NodeReport', plural: 'nodereports', scope: 'Cluster' },
} as const satisfies Readonly<Record<string, KindNames>>

/** How many routes an IngressReport tells of; an Ingress may have more, and then what is not in effect goes first. */
export const mostReportedRoutes = 500
