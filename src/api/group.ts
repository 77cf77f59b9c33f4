// Names every object, annotation and finalizer of Weir starts from.
export const group = 'weir.dev'
export const version = 'v1alpha1'
export const apiVersion = `${group}/${version}` as const

/** The namespace of Weir's own workloads, node Leases and internal namespaced objects. */
export const systemNamespace = 'weir-system'

/** `spec.loadBalancerClass` of a Service is `weir.dev/<name of a LoadBalancerClass>`. */
export const classPrefix = `${group}/` as const

/** Our finalizer on Services with a class. Cloud controllers do not know it and so cannot strip it (see docs/claiming.md). */
export const serviceFinalizer = `${group}/load-balancer-cleanup` as const

/** The finalizer Kubernetes defines for Services without a class (KEP-980); ours only through the default class. */
export const standardServiceFinalizer = 'service.kubernetes.io/load-balancer-cleanup'

/** Keeps a LoadBalancerClass while Services use it. */
export const inUseFinalizer = `${group}/in-use` as const

/** Keeps a TargetGroupBinding until the targets it registered are taken away. */
export const bindingFinalizer = `${group}/registered-targets` as const

/** Keeps an Announcement until the announcing node has withdrawn it or is known dead: only then is its address reusable. */
export const announcedFinalizer = `${group}/announced` as const

/** Label of the Lease each agent renews; its value is always `node`. The Lease is named after the node. */
export const agentLeaseLabel = `${group}/agent` as const

/** Name of the Lease by which the controllers elect the active one. */
export const controllerLease = 'weir-controller'

/** Readiness gate and condition of pods that wait until they are healthy in all their target groups. */
export const readinessGate = `${group}/targets-healthy` as const

/** Label of namespaces whose new pods get the gate, and of the pods that have it; its value is always `enabled`. */
export const readinessGateLabel = `${group}/readiness-gate` as const

/** Label of a Node that shall announce nothing while another one can: its addresses move away. Any value but a spelling of false. */
export const drainLabel = `${group}/drain` as const

/** Annotation of an AddressPool: each new value spreads its addresses over the nodes again, once. */
export const rebalanceAnnotation = `${group}/rebalance` as const

/** Keeps an Ingress until nothing of it is left outside the cluster. */
export const ingressFinalizer = `${group}/ingress-cleanup` as const

/** Label of the Services by which clients reach the gateways; its value is the name of the LoadBalancerClass. */
export const gatewayLabel = `${group}/gateway` as const

/** Label of copies of Secrets in weir-system; its value is the use: `tls`, `ca` or `basic-auth`. */
export const copiedSecretLabel = `${group}/copied-secret` as const

/** Annotation of such a copy: the Secret it was made of, as `namespace/name`. */
export const copiedFromAnnotation = `${group}/copied-from` as const

/** Annotation of such a copy: tells one content from another, and nothing else of it. */
export const fingerprintAnnotation = `${group}/fingerprint` as const

/** On Services of one namespace and class that share a load balancer, and on Ingresses of one class that share a gateway. */
export const ownGroupAnnotation = `${group}/load-balancer-group`
