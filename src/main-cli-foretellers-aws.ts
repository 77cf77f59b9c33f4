// The provider of AWS for commands that foretell: a file of its own, loaded only where a class is AWS's. It only ever reads.
import { printAction } from '../providers/aws/actions.ts'
import type { AwsAction } from '../providers/aws/actions.ts'
import { readOnly } from '../providers/aws/calls/read-only.ts'
import { sdkTransports } from '../providers/aws/calls/clients.ts'
import type { AwsObserved } from '../providers/aws/model/seen.ts'
import { printTargetsApart } from '../providers/aws/observe/targets-apart.ts'
import { createAwsProvider } from '../providers/aws/provider.ts'
import type { Foreteller } from './cli/foretell/foreteller.ts'
import { type ImaginedCluster, silentLog } from './cli/foretell/imagined.ts'
import { oidcClientIn } from './controllers/oidc-client.ts'
import { createLoadBalancerLedger } from './controllers/load-balancer-ledger.ts'
import { goalOf } from './controllers/membership.ts'
import { neighboursIn } from './controllers/neighbours.ts'
import { keyOf, makeKey } from './kubernetes/objects.ts'
import { createWriter } from './kubernetes/writes.ts'
import type { Service } from './model/kubernetes-objects.ts'

export async function awsForeteller(imagined: ImaginedCluster, signal: AbortSignal): Promise<Foreteller> {
  const { stores, loadBalancers, clock, transport, systemNamespace } = imagined
  const around = whereabouts(imagined)
  const classes = () => [...stores.classes.values()].filter(({ spec }) => spec.provider === 'aws')
  const writer = createWriter(transport)
  const provider = createAwsProvider({
    cluster: stores.namespaces.get('kube-system')?.metadata.uid ?? '',
    // Nothing is ever carried out, so nothing is ever written.
    ledger: createLoadBalancerLedger({ objects: loadBalancers, writer, namespace: systemNamespace, now: () => clock.now() }),
    classes,
    slicesOf: id => stores.slices.byIndex('service', makeKey(id.namespace, id.name)),
    serviceOf: (namespace, name) => stores.services.get(makeKey(namespace, name)),
    nodes: () => stores.nodes.values(),
    neighbours: neighboursIn({ stores }, service => wishOf(service)?.desired),
    whereabouts: () => around,
    clock,
    log: silentLog,
    signal,
    believesRecords: false,
    confirmLeading: () => Promise.reject(new Error('only a controller that leads deletes anything')),
    oidcClient: (secret, ending) => oidcClientIn({ writer }, secret, ending),
    transports: ({ region, endpoints, assumeRole }) =>
      readOnly(sdkTransports({ region, ...(endpoints ? { endpoints } : {}), ...(assumeRole ? { assumeRole } : {}) })),
  })
  const wishOf = (service: Service) => goalOf({ surroundings: { stores }, provider }, keyOf(service), service)
  return {
    provider,
    ingress: provider.ingress,
    holds: id => provider.holds(id),
    // Actions come back to the provider that made them.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    print: action => printAction(action as AwsAction),
    isRoutine: ({ kind }) => kind === 'announce' || kind === 'open-targets',
    besides: async (observed, ending) => {
      // What was observed comes back to the provider that observed it.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const apart = await provider.targetsApart(observed as AwsObserved, ending)
      return apart.map(each => ({ kind: each.kind, text: printTargetsApart(each) }))
    },
    gives: (lbClass, what) =>
      `${what === 'ingress' ? 'an Application' : 'a Network'} Load Balancer in ${lbClass.spec.aws?.region ?? around.region ?? 'AWS'}`,
  }
}

/**
 * Region and VPC for classes that name none, from here where no instance can be asked: the environment, then what was made
 * already, then the provider ids and zones of the nodes.
 */
function whereabouts({ stores, loadBalancers }: ImaginedCluster): { readonly region?: string; readonly vpcId?: string } {
  const made = loadBalancers.flatMap(({ status }) => status?.place ?? [])
  const region =
    process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || made[0]?.region || regionOfNodes([...stores.nodes.values()])
  const vpcId = process.env['WEIR_AWS_VPC_ID'] || made.find(place => place.region === region)?.vpcId
  return { ...(region ? { region } : {}), ...(vpcId ? { vpcId } : {}) }
}

function regionOfNodes(nodes: readonly { readonly spec?: { readonly providerID?: string } }[]): string | undefined {
  for (const { spec } of nodes) {
    const zone = /^aws:\/\/\/([a-z0-9-]+)\//.exec(spec?.providerID ?? '')?.[1]
    if (zone !== undefined) return zone.replace(/[a-z]$/, '')
  }
  return undefined
}
