// Reasons that only IngressReports have.
import type { ReasonRow } from './reason-row.ts'

const ingresses = ['IngressReport'] as const

export const ingressReasons = {
  Routed: {
    on: ingresses,
    meaning: 'Every route of the Ingress is in effect.',
    remedy: 'Nothing to do.',
  },
  GatewayNotReady: {
    on: ingresses,
    meaning: 'The Service in weir-system by which clients reach the gateway is not ready; the message says why.',
    remedy: 'Do what the message says of that Service; kubectl describe shows more of it.',
  },
  GatewayMissing: {
    on: ingresses,
    meaning: 'No Envoy of the DaemonSet weir-gateway is ready, so nobody answers requests.',
    remedy: 'Wait while it starts; if it stays, look at the pods of the DaemonSet weir-gateway in weir-system.',
  },
  ChangeHeldBack: {
    on: ingresses,
    meaning: 'Envoy refuses what the Ingress asks for now; what was served before goes on.',
    remedy: 'Take back the last change, or correct what the message says.',
  },
  RouteShadowed: {
    on: ingresses,
    meaning: 'An older Ingress has the same path of the same host, so its route is the one in effect.',
    remedy: 'Take the path out of one of the two, or give it another host.',
  },
  CertificateShadowed: {
    on: ingresses,
    event: true,
    meaning: 'Another Ingress names a Secret for the same host, and its certificate is the one that clients get.',
    remedy: 'Name the same Secret in both, or take the host out of spec.tls of one of the two.',
  },
  SecretNotFound: {
    on: ingresses,
    meaning: 'A Secret that the Ingress names does not exist. What was last usable of it is still used.',
    remedy: 'Make the Secret in the namespace of the Ingress; it is noticed by itself.',
  },
  InvalidSecret: {
    on: ingresses,
    meaning:
      'A Secret that the Ingress names cannot be used: a field is missing or cannot be read, or the key is not that of the certificate. What was last usable of it is still used.',
    remedy: 'Put right what the message says; it is noticed by itself.',
  },
  CertificateExpired: {
    on: ingresses,
    event: true,
    meaning: 'A certificate is past its end or before its beginning. It is shown to clients all the same, and they refuse it.',
    remedy: 'Renew the certificate in the Secret; it is noticed by itself.',
  },
  CertificateNotForHost: {
    on: ingresses,
    event: true,
    meaning: 'A certificate does not name a host that it is shown for, so clients refuse it.',
    remedy: 'Put a certificate for the host into the Secret, or name another Secret for the host in spec.tls.',
  },
  CanaryWithoutMain: {
    on: ingresses,
    meaning:
      'The Ingress is a canary, and no other Ingress of its namespace has the same host, path and type of path; its backend gets no requests.',
    remedy: 'Give the canary the host and path of an Ingress of its namespace that is not a canary.',
  },
  RoutesClosed: {
    on: ingresses,
    meaning:
      'What the Ingress says of who may come in cannot be understood or used, so its routes answer 503 instead of being open to everyone.',
    remedy: 'Correct the annotation that the message names, or the Secret that it names.',
  },
  InvalidHost: {
    on: ingresses,
    meaning: 'A host is no DNS name; what stands under it is left out, everything else is served.',
    remedy: 'Write a DNS name, or one with its first label open, as *.example.com.',
  },
  InvalidPath: {
    on: ingresses,
    meaning: 'A path can match no request; it is left out, everything else is served.',
    remedy: 'Write a path that begins with a slash, without query and control characters.',
  },
  UnsupportedBackend: {
    on: ingresses,
    meaning: 'A backend is no Service, or one that is not allowed as a backend; requests to it are answered with 503.',
    remedy: 'Name a Service with endpoints in the namespace of the Ingress.',
  },
  InvalidClassParameters: {
    on: ingresses,
    meaning: 'The parameters of the IngressClass name no LoadBalancerClass.',
    remedy: 'Write parameters with apiGroup weir.dev, kind LoadBalancerClass, scope Cluster and the name of one.',
  },
  IngressClassMissing: {
    on: ingresses,
    meaning: 'The IngressClass by which the Ingress was taken is gone; what the Ingress has is kept.',
    remedy: 'Make the IngressClass again, or name another one in spec.ingressClassName.',
  },
  ClassAnnotationDiffers: {
    on: ingresses,
    event: true,
    meaning: 'The annotation kubernetes.io/ingress.class and spec.ingressClassName differ; the annotation counts.',
    remedy: 'Remove the annotation: the field has taken its place.',
  },
} as const satisfies Readonly<Record<string, ReasonRow>>
