// Reasons of TargetGroupBindings, some of which others that lead to a Service share.
import type { ReasonRow } from './reason-row.ts'

export const bindingReasons = {
  TargetGroupNotFound: {
    on: ['TargetGroupBinding'],
    meaning: 'The target group does not exist, or was deleted.',
    remedy: 'Make it, or make a binding that names another one; it is looked for again.',
  },
  TargetGroupUnsuitable: {
    on: ['TargetGroupBinding'],
    meaning:
      'The target group is of another VPC, type, protocol or address family than the binding says, or takes no pods and nodes.',
    remedy: 'Correct the binding, or name another target group.',
  },
  TargetGroupTaken: {
    on: ['TargetGroupBinding'],
    meaning: 'Another binding or a load balancer of ours fills the target group. Of two bindings the older one has it.',
    remedy: 'Use a target group for each; this binding takes over when the other one is deleted.',
  },
  RoleNotAllowed: {
    on: ['TargetGroupBinding'],
    meaning: 'The binding names a role in iamRoleArnToAssume that its class does not list. What is registered is kept.',
    remedy: 'Let an administrator add the role to spec.aws.bindingRoles of the class, or leave it out.',
  },
  ServiceNotFound: {
    on: ['Service', 'IngressReport', 'TargetGroupBinding'],
    meaning:
      'A Service that is bound, forwarded or routed to does not exist, so it has no endpoints: targets are taken away, requests to it answered with 503.',
    remedy: 'Make the Service, or correct the name.',
  },
  ServicePortNotFound: {
    on: ['Service', 'IngressReport', 'TargetGroupBinding'],
    meaning:
      'The Service that is bound, forwarded or routed to has no such port. What a binding registered is kept; requests to it are answered with 503.',
    remedy: 'Name a port of the Service, by its number or name.',
  },
} as const satisfies Readonly<Record<string, ReasonRow>>
