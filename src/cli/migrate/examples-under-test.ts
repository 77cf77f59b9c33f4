// Manifests in the formats of other projects, as clusters have them: for tests of what becomes of them.

/** AWS Load Balancer Controller: its Deployment, parameters of two classes, bindings made by hand and by itself, and what it serves. */
export const awsLbc = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: aws-load-balancer-controller, namespace: kube-system, labels: { app.kubernetes.io/name: aws-load-balancer-controller } }
spec:
  replicas: 2
  selector: { matchLabels: { app.kubernetes.io/name: aws-load-balancer-controller } }
  template:
    metadata: { labels: { app.kubernetes.io/name: aws-load-balancer-controller } }
    spec:
      containers:
        - name: aws-load-balancer-controller
          image: public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0
          args: [--cluster-name=blue, --ingress-class=alb, --aws-region=eu-west-1, --aws-vpc-id=vpc-0a1b2c3d, "--default-tags=team=shop,stage=live"]
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: { name: public }
spec:
  scheme: internet-facing
  group: { name: edge }
  ipAddressType: dualstack
  targetType: ip
  certificateArn: ["arn:aws:acm:eu-west-1:123456789012:certificate/0a1b"]
  sslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06
  sslRedirectPort: "443"
  inboundCIDRs: [192.0.2.0/24]
  subnets: { ids: [subnet-0a, subnet-0b] }
  tags: [{ key: cost, value: edge }]
  loadBalancerAttributes: [{ key: deletion_protection.enabled, value: "true" }]
  listeners:
    - { protocol: HTTP, port: 80 }
    - { protocol: HTTPS, port: 443 }
  minimumLoadBalancerCapacity: { capacityUnits: 100 }
  prefixListsIDs: [pl-0a1b]
  wafv2AclArn: arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/edge/1
  namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: { name: teams }
spec:
  namespaceSelector: { matchLabels: { team: a } }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: alb, annotations: { ingressclass.kubernetes.io/is-default-class: "true" } }
spec: { controller: ingress.k8s.aws/alb, parameters: { apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: public } }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: plain }
spec: { controller: ingress.k8s.aws/alb }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: teams }
spec: { controller: ingress.k8s.aws/alb, parameters: { apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: teams } }
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: legacy, namespace: shop, finalizers: [elbv2.k8s.aws/resources] }
spec:
  targetGroupARN: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/legacy/0123456789abcdef
  targetType: ip
  serviceRef: { name: web, port: http }
  networking: { ingress: [{ from: [{ securityGroup: { groupID: sg-0a1b } }], ports: [{ protocol: TCP, port: 8080 }] }] }
  iamRoleArnToAssume: arn:aws:iam::123456789012:role/targets
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: k8s-shop-web-0a1b2c3d4e, namespace: shop, labels: { service.k8s.aws/stack-name: web, service.k8s.aws/stack-namespace: shop } }
spec: { targetGroupARN: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/k8s-shop-web/1", serviceRef: { name: web, port: 80 } }
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: both, namespace: shop }
spec: { multiClusterTargetGroup: true, targetGroupName: both, serviceRef: { name: web, port: 80 } }
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  finalizers: [service.k8s.aws/resources]
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
    service.beta.kubernetes.io/aws-load-balancer-quic-enabled-ports: "443"
spec: { type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ hostname: k8s-shop-web-0a1b2c3d4e-1.elb.eu-west-1.amazonaws.com }] } }
---
apiVersion: v1
kind: Service
metadata:
  name: old
  namespace: shop
  finalizers: [service.k8s.aws/resources]
  annotations: { service.beta.kubernetes.io/aws-load-balancer-type: external, service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ hostname: k8s-shop-old-1.elb.eu-west-1.amazonaws.com }] } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
  finalizers: [group.ingress.k8s.aws/edge]
  annotations: { alb.ingress.kubernetes.io/create-acm-cert: "true" }
spec:
  ingressClassName: alb
  rules: [{ host: shop.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
status: { loadBalancer: { ingress: [{ hostname: k8s-edge-5f6a7b8c9d-1.eu-west-1.elb.amazonaws.com }] } }
`

/** MetalLB: of its own kinds each one at least, also those for routers and the one that it replaced. */
export const metallb = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: office, namespace: metallb-system }
spec: { addresses: [192.168.10.0/24, 192.168.9.1-192.168.9.5, "fc00:f853:0ccd:e799::/124"], autoAssign: true, avoidBuggyIPs: true, serviceAllocation: { priority: 50, namespaces: [shop], namespaceSelectors: [{ matchLabels: { team: a } }], serviceSelectors: [{ matchExpressions: [{ key: app, operator: In, values: [web] }] }] } }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: office, namespace: metallb-system }
spec: { ipAddressPools: [office], nodeSelectors: [{ matchLabels: { kubernetes.io/hostname: a } }], interfaces: [eth0] }
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: { name: tor, namespace: metallb-system }
spec: { ipAddressPools: [office], aggregationLength: 32, localPref: 100, communities: ["65535:65282"] }
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: { name: tor, namespace: metallb-system }
spec: { myASN: 64500, peerASN: 64501, peerAddress: 10.0.0.1, bfdProfile: fast }
---
apiVersion: metallb.io/v1beta1
kind: BFDProfile
metadata: { name: fast, namespace: metallb-system }
spec: { receiveInterval: 300, transmitInterval: 300 }
---
apiVersion: metallb.io/v1beta1
kind: Community
metadata: { name: c, namespace: metallb-system }
spec: { communities: [{ name: no-advertise, value: "65535:65282" }] }
---
apiVersion: metallb.io/v1beta1
kind: AddressPool
metadata: { name: before, namespace: metallb-system }
spec: { protocol: layer2, addresses: [192.168.20.0/24] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, annotations: { metallb.io/ip-allocated-from-pool: office } }
spec: { type: LoadBalancer, loadBalancerClass: metallb.io/metallb, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ ip: 192.168.10.7, ipMode: VIP }] } }
---
apiVersion: v1
kind: Service
metadata: { name: dns, namespace: shop }
spec: { type: LoadBalancer, ports: [{ port: 53, protocol: UDP }] }
status: { loadBalancer: { ingress: [{ ip: 192.168.10.8, ipMode: VIP }] } }
`

/** ingress-nginx as its chart installs it under another name, in another namespace. */
export const ingressNginx = `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: edge-ingress-nginx-controller, namespace: edge }
spec:
  template:
    spec:
      containers:
        - name: controller
          image: registry.k8s.io/ingress-nginx/controller:v1.13.0
          args: [/nginx-ingress-controller, --controller-class=k8s.io/ingress-nginx, --ingress-class=nginx, --configmap=$(POD_NAMESPACE)/edge-ingress-nginx-controller]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: edge-ingress-nginx-controller, namespace: edge }
data: { use-forwarded-headers: "true", ssl-protocols: TLSv1.3, http-snippet: "map $a $b { }" }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: nginx }
spec: { controller: k8s.io/ingress-nginx }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop, annotations: { nginx.ingress.kubernetes.io/server-snippet: "return 418;" } }
spec:
  ingressClassName: nginx
  rules: [{ host: shop.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`
