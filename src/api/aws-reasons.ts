// Reasons that come from the aws provider alone, or mostly; the table of all reasons takes them in.
import type { ReasonRow } from './reason-row.ts'

const services = ['Service'] as const
const both = ['Service', 'IngressReport'] as const
/** Where the provider tells how it goes. */
const awsObjects = ['Service', 'IngressReport', 'LoadBalancer', 'TargetGroupBinding'] as const
/** Where it tells of its access to AWS. */
const awsAccess = [...awsObjects, 'LoadBalancerClass'] as const

export const awsReasons = {
  Provisioning: {
    on: ['Service', 'IngressReport', 'LoadBalancer'],
    meaning: 'The load balancer exists; AWS is setting it up.',
    remedy: 'Wait; AWS takes some minutes.',
  },
  NoHealthyTargets: {
    on: ['Service', 'IngressReport', 'LoadBalancer'],
    meaning: 'Targets are registered, but none passes the health check.',
    remedy: 'Check the health check, the pods, and the security groups of the targets.',
  },
  LoadBalancerFailed: {
    on: awsObjects,
    meaning: 'AWS could not set the load balancer up.',
    remedy: 'Change what the message names; if it names nothing, delete the Service and make it again.',
  },
  LoadBalancerImpaired: {
    on: awsObjects,
    meaning: 'The load balancer serves, but AWS lacks what it needs to scale it.',
    remedy: 'Look for free addresses in its subnets; AWS ends this state by itself.',
  },
  HealthCheckUnanswered: {
    on: services,
    event: true,
    meaning: 'The targets of a UDP port are checked by TCP at a port where nothing need listen for TCP.',
    remedy: 'Set aws-load-balancer-healthcheck-port to a TCP port that the pods or nodes answer at.',
  },
  TargetsSkipped: {
    on: awsObjects,
    meaning: 'Some nodes or pods cannot become targets; the others, if any, are registered.',
    remedy:
      'A node of AWS gets spec.providerID from the cloud controller manager of AWS; other nodes can only serve with targets: Pod.',
  },
  InvalidSettings: {
    on: ['Service', 'IngressReport', 'TargetGroupBinding'],
    meaning: 'Settings of the object contradict each other or do not go with what the load balancer is.',
    remedy: 'Change one of those that the message names.',
  },
  SettingWithoutEffect: {
    on: both,
    meaning: 'A field or annotation has no meaning with this provider; the Service is served without it.',
    remedy: 'Remove it, or use what the message names instead.',
  },
  PortConflict: {
    on: services,
    meaning: 'A port cannot be served because another one of the same number is, in the Service or in its group.',
    remedy: 'Give one of the ports that the message names another number.',
  },
  PortNotServed: {
    on: services,
    meaning: 'Some ports cannot be served; the others are. The status of the Service has an error for each.',
    remedy: 'Change what the message names.',
  },
  AffinityNotSupported: {
    on: services,
    meaning: 'The load balancer cannot keep sessions the way the Service asks; it is served all the same.',
    remedy: 'Leave sessionAffinity or its timeout out, or do without TLS on the load balancer.',
  },
  SubnetsNotFound: {
    on: both,
    meaning: 'No subnet can carry the load balancer, or a named one does not exist.',
    remedy: 'Tag a subnet per zone with kubernetes.io/role/elb or kubernetes.io/role/internal-elb, or name subnets.',
  },
  SubnetsUnsuitable: {
    on: both,
    meaning: 'A named subnet cannot be used: its zone is taken by another one, or it lacks what the load balancer needs.',
    remedy: 'Name one suitable subnet per availability zone.',
  },
  FixedAddressesInvalid: {
    on: services,
    meaning: 'Fixed addresses or Elastic IPs do not go with the subnets or the scheme.',
    remedy: 'Give one per subnet, inside of it; Elastic IPs for internet-facing, private addresses for internal ones.',
  },
  CertificateNotFound: {
    on: both,
    meaning: 'A certificate does not exist in the region of the load balancer.',
    remedy: 'Correct the ARN or request the certificate.',
  },
  SecurityGroupsInvalid: {
    on: awsObjects,
    meaning: 'A named security group does not exist, or cannot be used.',
    remedy: 'Name security groups of the VPC of the load balancer.',
  },
  TargetSecurityGroupUnclear: {
    on: awsObjects,
    meaning:
      'Some targets have no security group, or several, of which none is marked; targets are registered, rules may be missing.',
    remedy:
      'Tag one security group per interface with kubernetes.io/cluster/<name>, or set targetSecurityGroupTags of the class.',
  },
  SecurityGroupInUse: {
    on: awsObjects,
    meaning: 'A security group cannot be deleted because something still uses it.',
    remedy: 'Remove what the message names; it is tried again.',
  },
  QuotaReached: {
    on: awsObjects,
    meaning: 'A quota of the AWS account, or of the load balancer of a group, is used up.',
    remedy: 'Ask AWS for more, or remove what is not needed; it is tried again.',
  },
  AccessDenied: {
    on: awsAccess,
    meaning: 'AWS does not let the controller do something it must do.',
    remedy: 'Allow the action that the message names in the IAM policy of the controller.',
  },
  Throttled: {
    on: awsAccess,
    meaning: 'AWS asks for fewer calls; what there is keeps working.',
    remedy: 'Wait; it is tried again more slowly.',
  },
  ProviderUnreachable: {
    on: awsAccess,
    meaning: 'AWS does not answer; what there is keeps working.',
    remedy: 'Check the network of the controller and the health of AWS; it is tried again.',
  },
  CredentialsInvalid: {
    on: awsAccess,
    meaning: 'AWS does not accept the credentials of the controller, or there are none.',
    remedy: 'Check the role of the controller (IRSA, pod identity, profile); it is tried again.',
  },
  NotConfigured: {
    on: awsAccess,
    meaning: 'The provider lacks something it must know or be allowed: the region, the VPC, or rights in the cluster.',
    remedy: 'Set spec.aws.region and spec.aws.vpcId of the class; for rights apply deploy/aws/provider/rbac.yaml.',
  },
  NameTaken: {
    on: both,
    meaning: 'Something that is not ours has the name that was asked for.',
    remedy: 'Choose another name, or adopt it with weir.dev/adopt-load-balancer.',
  },
  AdoptionRefused: {
    on: services,
    meaning:
      'The load balancer to adopt does not exist or is not seen yet, its tags do not allow it, or it cannot become what is asked for.',
    remedy: 'Change what the message names, or leave weir.dev/adopt-load-balancer out.',
  },
  DeletionProtected: {
    on: ['Service', 'IngressReport', 'LoadBalancer'],
    meaning: 'The load balancer has deletion protection, so it is kept.',
    remedy: 'Set the attribute deletion_protection.enabled to false, or weir.dev/deletion-policy: retain.',
  },
  InterruptionRefused: {
    on: both,
    meaning: 'The change needs a new load balancer that cannot exist beside the old one; the old one is kept.',
    remedy: 'Set weir.dev/allow-interruption: "true", or take the change back.',
  },
  GroupConflict: {
    on: both,
    meaning: 'Members of a group disagree where there can be only one answer: who came later follows, or is left out.',
    remedy: 'Make the members that the message names agree.',
  },
  UnknownAction: {
    on: ['IngressReport'],
    meaning: 'A backend has the port use-annotation, and no annotation says what it does; requests to it are answered with 503.',
    remedy: 'Add the annotation alb.ingress.kubernetes.io/actions.<name> with the name of the backend, or put it right.',
  },
  NamespaceNotAllowed: {
    on: ['IngressReport'],
    meaning: 'The class, or its groups, are not for Ingresses of this namespace.',
    remedy: 'Choose another class, or have the namespace added to namespaces or groupNamespaces of spec.aws.ingress.',
  },
  RouteNotExpressible: {
    on: ['IngressReport'],
    meaning: 'A load balancer of AWS cannot ask for this host, path or condition; the route is left out, the others are served.',
    remedy: 'Make the host or path shorter, or ask for fewer values.',
  },
  RedirectLoop: {
    on: ['IngressReport'],
    meaning: 'A redirect leads to itself at every listener, so it is left out.',
    remedy: 'Redirect to another host, port, protocol or path.',
  },
  QuotaNear: {
    on: ['IngressReport'],
    event: true,
    meaning: 'A load balancer has nearly as many rules or target groups as AWS allows.',
    remedy: 'Use another group for some of the Ingresses, or ask AWS for more.',
  },
} as const satisfies Readonly<Record<string, ReasonRow>>
