// The story of one Service or Ingress, told by what `weir explain` tells it with.
import type { View } from '../cli/view.ts'
import { explainIngress } from '../cli/explain/ingress.ts'
import { explainService } from '../cli/explain/service.ts'
import type { PodOfTargets } from '../cli/pod.ts'
import { podsOfTargets } from '../cli/resources.ts'
import { emptySnapshot } from '../cli/snapshot.ts'
import { endpointSlices } from '../controllers/resources.ts'
import { listAll } from '../kubernetes/list-watch.ts'
import { makeKey, pathOf } from '../kubernetes/objects.ts'
import { usability } from '../model/endpoints.ts'
import { type EndpointSlice, type Service, serviceNameLabel } from '../model/kubernetes-objects.ts'
import type { LoadBalancer } from '../api/load-balancer.ts'
import type { Objects } from './sources.ts'
import type { PageSurroundings } from './surroundings.ts'

export interface Subject {
  readonly kind: 'service' | 'ingress'
  readonly namespace: string
  readonly name: string
}

/** `service/default/web`; undefined for anything else. */
export function readSubject(text: string): Subject | undefined {
  const [kind, namespace = '', name = '', ...more] = text.split('/')
  if ((kind !== 'service' && kind !== 'ingress') || more.length > 0) return undefined
  const isName = (part: string) => /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(part)
  return isName(namespace) && isName(name) ? { kind, namespace, name } : undefined
}

/** Pods that are not ready, of which so many are asked why. */
const mostPods = 20

interface Around extends Pick<PageSurroundings, 'stores' | 'transport' | 'clock' | 'readers'> {
  readonly loadBalancers: Pick<Objects<LoadBalancer>, 'values'>
  readonly signal: AbortSignal
}

/** undefined: there is no such object. Throws what the API server answers, when endpoints cannot be read from it. */
export async function tellStory(subject: Subject, around: Around): Promise<View | undefined> {
  return subject.kind === 'service' ? storyOfService(subject, around) : storyOfIngress(subject, around)
}

async function storyOfService({ namespace, name }: Subject, around: Around): Promise<View | undefined> {
  const { stores, clock, loadBalancers } = around
  const service = stores.services.get(makeKey(namespace, name))
  if (!service) return undefined
  const slices = await slicesOf(service, around)
  return explainService(
    service,
    {
      ...emptySnapshot,
      services: [service],
      slices,
      pods: await unreadyPods(slices, namespace, around),
      classes: [...stores.classes.values()],
      blocks: [...stores.blocks.values()],
      announcements: [...stores.announcements.values()],
      reports: [...stores.reports.values()],
      nodes: [...stores.nodes.values()],
      loadBalancers: [...loadBalancers.values()],
    },
    clock.now(),
  )
}

/** From the API server: the copies here may be without ports and names of pods. */
async function slicesOf({ metadata }: Service, { transport, signal }: Around): Promise<readonly EndpointSlice[]> {
  const found: EndpointSlice[] = []
  const selection = {
    resource: endpointSlices,
    labelSelector: `${serviceNameLabel}=${metadata.name}`,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  }
  await listAll(transport, selection, signal, slice => found.push(slice))
  return found
}

/** Only they have something to say. One that cannot be read says nothing, and the endpoint is not ready all the same. */
async function unreadyPods(
  slices: readonly EndpointSlice[],
  namespace: string,
  { transport, signal }: Around,
): Promise<readonly PodOfTargets[]> {
  const unready = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions, targetRef }) => targetRef?.kind === 'Pod' && usability(conditions) === 'unusable')
  const names = [...new Set(unready.flatMap(({ targetRef }) => targetRef?.name ?? []))].slice(0, mostPods)
  const pods = names.map(async name => {
    try {
      return [await transport.request<PodOfTargets>({ path: pathOf(podsOfTargets, { namespace, name }), signal })]
    } catch {
      return []
    }
  })
  return (await Promise.all(pods)).flat()
}

async function storyOfIngress({ namespace, name }: Subject, { stores, readers }: Around): Promise<View | undefined> {
  const ingress = stores.ingresses.get(makeKey(namespace, name))
  if (!ingress) return undefined
  return explainIngress(
    ingress,
    {
      ...emptySnapshot,
      services: [...stores.services.values()],
      classes: [...stores.classes.values()],
      ingresses: [...stores.ingresses.values()],
      ingressClasses: [...stores.ingressClasses.values()],
      ingressReports: [...stores.ingressReports.values()],
    },
    { readers: await readers() },
  )
}
