// Where moto does not do as AWS does: what it does instead. The contract on moto fails when one of these is no longer true.

/** A gap by the kind and name of its test: what moto does, and what stands in the failure that the test has on it. */
export const motoGaps: Readonly<Record<string, { readonly does: string; readonly shows: string }>> = {
  'load balancers: a load balancer faces the internet unless told otherwise': {
    does: 'tells no scheme that was not asked for',
    shows: "expected undefined to be 'internet-facing'",
  },
  'load balancers: a load balancer is provisioning at first': {
    does: 'has it active at once',
    shows: "expected 'active' to be 'provisioning'",
  },
  'load balancers: creating a load balancer again with the same settings gives the same one': {
    does: 'makes another one of that name',
    shows: "AssertionError: expected 'arn:aws:",
  },
  'load balancers: creating a load balancer of the same name with another scheme is refused': {
    does: 'makes another one of that name',
    shows: "expected 'accepted' to be 'DuplicateLoadBalancerNameException'",
  },
  'load balancers: a load balancer name has at most 32 characters': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'load balancers: a load balancer name does not end with a hyphen': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'load balancers: a load balancer name does not begin with internal-': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'load balancers: an unknown subnet is refused': {
    does: 'answers with the code of EC2',
    shows: "expected 'InvalidSubnetID.NotFound' to be 'SubnetNotFoundException'",
  },
  'load balancers: two subnets in one zone are refused': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidConfigurationRequestException'",
  },
  'load balancers: an application load balancer needs two zones': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'load balancers: an unknown security group is refused': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidSecurityGroupException'",
  },
  'load balancers: an Elastic IP address is kept for its zone': {
    does: 'forgets the allocation',
    shows: "expected [] to deeply equal [ 'eipalloc-",
  },
  'load balancers: an unknown allocation id is refused': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'AllocationIdNotFoundException'",
  },
  'load balancers: a network load balancer created without security groups never gets any': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidConfigurationRequestException'",
  },
  'load balancers: a zone can be added and taken away': {
    does: 'wants two zones also of a network load balancer',
    shows: 'More than 1 availability zone must be specified',
  },
  'load balancers: a load balancer has an interface in each of its subnets': {
    does: 'makes no interfaces',
    shows: "expected [] to deeply equal [ 'subnet-",
  },
  'load balancers: deletion protection is honoured': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'OperationNotPermittedException'",
  },
  'load balancers: at most 20 ARNs are described in one call': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'load balancers: a network load balancer describes its client routing policy': {
    does: 'does not have the attribute',
    shows: 'to deep equally contain',
  },
  'load balancers: an unknown attribute is refused': {
    does: 'answers with another code',
    shows: "expected 'InvalidConfigurationRequestException' to be 'ValidationError'",
  },
  'load balancers: one call changes at most 20 attributes': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'load balancers: the same tag key twice is refused': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'DuplicateTagKeysException'",
  },
  'load balancers: tags of what does not exist are not found': {
    does: 'answers with no tags',
    shows: "expected 'accepted' to be 'LoadBalancerNotFoundException'",
  },
  'target groups: creating a target group again with the same settings gives the same one': {
    does: 'refuses it as a duplicate',
    shows: 'DuplicateTargetGroupNameException',
  },
  'target groups: an HTTP target group cannot be checked by TCP': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'target groups: targets of a group in no listener are unused': {
    does: 'has them healthy',
    shows: "expected [ '10.0.0.200:80 healthy' ] to deeply equal [ '10.0.0.200:80 unused' ]",
  },
  'target groups: a target is initial at first': {
    does: 'has it healthy at once',
    shows: "expected [ '10.0.0.200:80 healthy' ] to deeply equal [ '10.0.0.200:80 initial' ]",
  },
  'target groups: one address with two ports is two targets': {
    does: 'keeps one target for each address',
    shows: "expected [ '10.0.0.200:8081 healthy' ] to deeply equal [ '10.0.0.200:8080 healthy', …(1) ]",
  },
  'target groups: deregistering one port leaves the other': {
    does: 'takes all ports of the address away',
    shows: "expected [] to deeply equal [ '10.0.0.200:8081' ]",
  },
  'target groups: a target that is deregistered from a group in use drains': {
    does: 'takes it away at once',
    shows: "expected [] to deeply equal [ '10.0.0.200:80 draining' ]",
  },
  'target groups: deregistering what is not registered succeeds': {
    does: 'refuses it',
    shows: "expected 'InvalidTargetException' to be 'accepted'",
  },
  'target groups: an instance that does not exist cannot be a target': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidTargetException'",
  },
  'target groups: a public address cannot be a target': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidTargetException'",
  },
  'target groups: an address inside the VPC has the zone of its subnet': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'target groups: an address outside the VPC needs a zone': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'target groups: deleting a target group twice succeeds': {
    does: 'does not find it',
    shows: "expected 'TargetGroupNotFoundException' to be 'accepted'",
  },
  'target groups: target groups come in pages of the size asked for': {
    does: 'gives all at once',
    shows: 'to have a length of 2 but got 3',
  },
  'listeners: a TCP listener has no security policy': {
    does: 'gives it one',
    shows: "expected 'ELBSecurityPolicy-2016-08' to be undefined",
  },
  'listeners: creating a listener again with the same settings gives the same one': {
    does: 'makes another one on that port',
    shows: "AssertionError: expected 'arn:aws:",
  },
  'listeners: a port has one listener, whatever the protocol': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'DuplicateListenerException'",
  },
  'listeners: a UDP listener does not forward to a TCP target group': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'IncompatibleProtocolsException'",
  },
  'listeners: a target group serves one load balancer': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'TargetGroupAssociationLimitException'",
  },
  'listeners: a TLS listener needs a certificate': { does: 'accepts it', shows: "expected 'accepted' to be 'ValidationError'" },
  'listeners: a policy that does not exist is not found': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'SSLPolicyNotFoundException'",
  },
  'listeners: certificates are added to the list of a listener and removed from it': {
    does: 'does not list the default one',
    shows: 'expected [] to deeply equal [ true ]',
  },
  'listeners: an idle timeout out of range is refused': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ValidationError'",
  },
  'listeners: a load balancer has at most 50 listeners': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'TooManyListenersException'",
  },
  'rules: a priority is at most 50000': { does: 'accepts it', shows: "expected 'accepted' to be 'ValidationError'" },
  'rules: priorities can be swapped in one call': { does: 'looks at each rule alone', shows: 'PriorityInUseException' },
  'rules: a rule has at most five condition values': { does: 'accepts it', shows: "expected 'accepted' to be 'ValidationError'" },
  'rules: hosts and paths are described both ways': {
    does: 'describes them as they were given',
    shows: "expected { Field: 'host-header'",
  },
  'rules: a path may be a regular expression': { does: 'fails with an HTML page', shows: 'XML parse error' },
  'rules: a host may be a regular expression, in any number of labels': {
    does: 'fails with an HTML page',
    shows: 'XML parse error',
  },
  'rules: a regular expression does not look ahead': {
    does: 'fails with an HTML page',
    shows: "expected 'Error' to be 'ValidationError'",
  },
  'rules: several actions need an order': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidLoadBalancerActionException'",
  },
  'rules: a redirect may not use a keyword that is not known': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidLoadBalancerActionException'",
  },
  'rules: a target group of gRPC needs an HTTPS listener': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidConfigurationRequestException'",
  },
  'rules: a URL can be rewritten': { does: 'forgets transforms', shows: 'expected undefined to deeply equal' },
  'rules: the default rule is not deleted': {
    does: 'fails with an HTML page',
    shows: "expected 'Error' to be 'OperationNotPermittedException'",
  },
  'rules: a redirect changes something': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'InvalidLoadBalancerActionException'",
  },
  'ec2: a rule that is there already is a duplicate, and nothing is added': {
    does: 'adds the others',
    shows: "expected [ '0.0.0.0/0', '10.0.0.0/8' ] to deeply equal [ '0.0.0.0/0' ]",
  },
  'ec2: a range loses the bits behind its mask': {
    does: 'keeps them',
    shows: "expected [ '0.0.0.0/0', '10.1.2.3/8' ] to deeply equal [ '0.0.0.0/0', '10.0.0.0/8' ]",
  },
  'ec2: a security group that a load balancer has is not deleted': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'DependencyViolation'",
  },
  'ec2: a security group that a rule names is not deleted': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'DependencyViolation'",
  },
  'certificates: a list of certificates tells all their names': {
    does: 'leaves them out',
    shows: "expected undefined to deeply equal [ 'www.example.com' ]",
  },
  'certificates: a certificate is imported with its tags, and again under its ARN without them': {
    does: 'forgets the tags when it is imported again',
    shows: "expected [] to deeply equal [ { Key: 'a', Value: '1' } ]",
  },
  'web ACLs: a load balancer that does not exist has no web ACL': {
    does: 'answers that there is none',
    shows: "expected 'accepted' to be 'WAFNonexistentItemException'",
  },
  'certificates: a certificate in use is not deleted': {
    does: 'accepts it',
    shows: "expected 'accepted' to be 'ResourceInUseException'",
  },
}
