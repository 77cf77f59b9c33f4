// `weir uninstall --check`: what of Weir is in the cluster, in the order in which it has to go.
import {
  announcedFinalizer,
  bindingFinalizer,
  inUseFinalizer,
  ingressFinalizer,
  serviceFinalizer,
  standardServiceFinalizer,
  systemNamespace,
} from '../../api/group.ts'
import { readyCondition } from '../../api/reasons.ts'
import type { ObjectMeta } from '../../api/kind.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Block, line, type View } from '../view.ts'

export interface Step {
  /** What is left. */
  readonly title: string
  readonly objects: readonly string[]
  /** How it goes. */
  readonly remedy: string
}

/** Pure. What is left of Weir, what has to go first at the beginning; empty when nothing is. */
export function leftOf(snapshot: Snapshot): readonly Step[] {
  const steps: readonly Step[] = [
    {
      title: `Services that hold the namespace ${systemNamespace}: it was deleted before what Weir serves`,
      objects: snapshot.services.filter(holdsNamespace).map(({ metadata }) => nameOf(metadata)),
      remedy:
        `Let go of each: kubectl -n ${systemNamespace} patch service NAME --type=merge -p '{"metadata":{"finalizers":null}}'. ` +
        'When the namespace is gone apply Weir again as it was, and go on from here.',
    },
    {
      title: 'Services that Weir serves',
      objects: snapshot.services
        .filter(
          service =>
            !holdsNamespace(service) &&
            (hasFinalizer(service.metadata, serviceFinalizer) ||
              (hasFinalizer(service.metadata, standardServiceFinalizer) &&
                service.status?.conditions?.some(({ type }) => type === readyCondition) === true)),
        )
        .map(({ metadata }) => nameOf(metadata)),
      remedy:
        'Delete them, or change their type or class, while the controller runs: it takes addresses and load balancers back.',
    },
    {
      title: 'Ingresses that Weir serves',
      objects: [
        ...new Set([
          ...snapshot.ingressReports.map(({ metadata }) => nameOf(metadata)),
          ...snapshot.ingresses
            .filter(({ metadata }) => hasFinalizer(metadata, ingressFinalizer))
            .map(({ metadata }) => nameOf(metadata)),
        ]),
      ],
      remedy: 'Delete them, or give them another class, while the controller runs.',
    },
    {
      title: 'TargetGroupBindings',
      objects: snapshot.bindings.map(({ metadata }) => `${nameOf(metadata)}${finalized(metadata, bindingFinalizer)}`),
      remedy: 'Delete them while the controller runs: it takes the targets out of the target groups.',
    },
    {
      title: 'load balancers in AWS',
      objects: snapshot.loadBalancers.map(({ metadata, spec }) => `${metadata.name} (${spec.memberNames ?? ''})`),
      remedy: 'Wait until they are gone; kubectl -n weir-system get loadbalancers says why one stays.',
    },
    {
      title: 'addresses that are announced',
      objects: snapshot.announcements.map(({ metadata, spec }) => `${spec.address}${finalized(metadata, announcedFinalizer)}`),
      remedy: 'Wait until the agents have withdrawn them.',
    },
    {
      title: 'addresses that are given',
      objects: snapshot.blocks.flatMap(({ spec }) =>
        Object.entries(spec.allocations).map(
          ([offset, { owners }]) => `${spec.base} + ${offset} (${owners.map(nameOf).join(', ')})`,
        ),
      ),
      remedy: 'They go with their Services; the controller takes back those whose Services are gone within minutes.',
    },
    {
      title: 'LoadBalancerClasses and AddressPools',
      objects: [
        ...snapshot.classes.map(({ metadata }) => `LoadBalancerClass ${metadata.name}${finalized(metadata, inUseFinalizer)}`),
        ...snapshot.pools.map(({ metadata }) => `AddressPool ${metadata.name}`),
      ],
      remedy: 'kubectl delete loadbalancerclasses,addresspools --all',
    },
  ]
  return steps.filter(({ objects }) => objects.length > 0)
}

/** So many are named of each. */
const most = 10

/** Pure. Healthy when nothing is left that has to go before the programs. */
export function leftView(snapshot: Snapshot): View {
  const steps = leftOf(snapshot)
  const blocks: readonly Block[] =
    steps.length === 0
      ? [
          line(
            'Nothing of Weir is left but its programs and kinds. Now: kubectl delete -k deploy/local (or aws, both: what was applied), then kubectl delete -f crds/',
            'good',
          ),
        ]
      : steps.flatMap(({ title, objects, remedy }, index) => [
          line(`${index + 1}. ${objects.length} ${title}. ${remedy}`, 'bad'),
          ...objects.slice(0, most).map(object => line(`     ${object}`)),
          ...(objects.length > most ? [line(`     and ${objects.length - most} more`)] : []),
        ])
  return { healthy: steps.length === 0, data: steps, blocks }
}

/** A gateway that is being deleted goes by itself while the controller runs, within moments; for longer only without it. */
function holdsNamespace({ metadata }: Snapshot['services'][number]): boolean {
  return (
    metadata.namespace === systemNamespace && metadata.deletionTimestamp !== undefined && hasFinalizer(metadata, serviceFinalizer)
  )
}

function hasFinalizer({ finalizers = [] }: ObjectMeta, finalizer: string): boolean {
  return finalizers.includes(finalizer)
}

function finalized(metadata: ObjectMeta, finalizer: string): string {
  return hasFinalizer(metadata, finalizer) ? ` (held by ${finalizer})` : ''
}

function nameOf({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return namespace ? `${namespace}/${name}` : name
}
