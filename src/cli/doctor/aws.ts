// Checks of AWS: for each class of the provider a Service that is not there is planned for, within and towards the internet, so
// that subnets, their tags, addresses left in them, and the right to look are asked for as for a true one. Only asks.
import type { Clock } from '../../kubernetes/clock.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import type { MakeForetellers } from '../foretell/foreteller.ts'
import type { Foretold } from '../foretell/foretold.ts'
import { openForetelling } from '../foretell/open.ts'
import { foretellService } from '../foretell/service.ts'
import { type Finding, unknown, well, wrong } from './check.ts'
import type { Facts } from './facts.ts'

export interface AwsAround {
  readonly transport: Transport
  readonly clock: Clock
  readonly systemNamespace: string
  readonly makeForetellers: MakeForetellers
}

const schemes = ['internal', 'internet-facing'] as const
type Scheme = (typeof schemes)[number]

export async function awsFindings({ snapshot }: Facts, around: AwsAround, signal: AbortSignal): Promise<readonly Finding[]> {
  const classes = snapshot.classes.filter(({ spec }) => spec.provider === 'aws').map(({ metadata }) => metadata.name)
  if (classes.length === 0) return [unknown('AWS', 'no class uses it')]
  const opened = await openForetelling({ ...around, namespace: 'default' }, [], signal, { settles: false })
  const findings: Finding[] = []
  for (const name of classes)
    for (const scheme of schemes)
      findings.push(findingOf({ name, scheme }, await foretellService(probe(name, scheme), opened, signal)))
  return [...findings, ...rightsOf(snapshot)]
}

/** Pure. A class that serves only inside the VPC needs no public subnets. */
export function findingOf({ name, scheme }: { readonly name: string; readonly scheme: Scheme }, foretold: Foretold): Finding {
  const check = 'subnets'
  if (foretold.verdict === 'served') {
    const balancer = foretold.actions.find(({ kind }) => kind === 'create-load-balancer')?.text
    const subnets = balancer?.match(/subnet-[0-9a-z]+/g)?.join(', ')
    return well(check, `class ${name}, ${scheme}: ${subnets ?? 'there are suitable ones'}`)
  }
  if (foretold.verdict !== 'refused' && foretold.verdict !== 'unknown')
    return unknown(check, `class ${name}, ${scheme}: not told`)
  const [problem] = foretold.problems
  const found = `class ${name}, ${scheme}: ${problem?.message ?? foretold.reason}`
  if (foretold.verdict === 'unknown') return wrong('AWS', found, problem?.remedy ?? 'Give this user the right to look.')
  return scheme === 'internet-facing' && foretold.reason.startsWith('Subnets')
    ? unknown(check, `${found} Only Services that ask for internet-facing need such.`)
    : wrong(check, found, problem?.remedy ?? '')
}

/** What the controller itself was refused stands in the conditions of what it could not do. Pure. */
export function rightsOf({
  services,
  loadBalancers,
  classes,
}: Pick<Facts['snapshot'], 'services' | 'loadBalancers' | 'classes'>): readonly Finding[] {
  const told = [...services, ...loadBalancers, ...classes].flatMap(({ kind, metadata, status }) =>
    (status?.conditions ?? []).flatMap(({ reason, message }) =>
      reason === 'AccessDenied' || reason === 'CredentialsInvalid'
        ? [
            {
              name: `${kind ?? 'object'} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`,
              message,
            },
          ]
        : [],
    ),
  )
  const [first] = told
  if (!first) return [well('IAM', 'AWS has refused the controller nothing that a condition tells of')]
  const more = told.length > 1 ? ` (and ${told.length - 1} more)` : ''
  return [
    wrong(
      'IAM',
      `${first.name}${more}: ${first.message}`,
      'Give the role of the controller what deploy/aws/iam-policy.json allows.',
    ),
  ]
}

function probe(lbClass: string, scheme: Scheme): Service {
  const name = `weir-doctor-${scheme}`
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `imagined-${name}`,
      annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': scheme },
    },
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: `weir.dev/${lbClass}`,
      ports: [{ port: 443, targetPort: 443, protocol: 'TCP', nodePort: 30443 }],
      ipFamilies: ['IPv4'],
    },
  }
}
