// Ids of groups of Ingresses that are told by names alone: a group that Ingresses name, or one Ingress without others.
import type { IngressGroupId } from './ingress-group.ts'

/** The id of a group that Ingresses name; groups of different classes are different ones. */
export function namedIngressGroup(className: string, name: string): IngressGroupId {
  return { kind: 'IngressGroup', class: className, namespace: '', name, uid: `ingress-group/${className}/${name}` }
}

/** The id of an Ingress that names no group. One that is made again with the same name is the same. */
export function ingressAlone(
  className: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): IngressGroupId {
  return { kind: 'IngressGroup', class: className, namespace, name, uid: `ingress/${className}/${namespace}/${name}` }
}

/** The id that a uid of this form says; undefined for every other text. Neither classes nor namespaces nor names hold a slash. */
export function ingressGroupOfUid(uid: string): IngressGroupId | undefined {
  const [kind, className, first, second, ...rest] = uid.split('/')
  if (className === undefined || first === undefined || rest.length > 0) return undefined
  if (kind === 'ingress-group' && second === undefined) return namedIngressGroup(className, first)
  return kind === 'ingress' && second !== undefined ? ingressAlone(className, { namespace: first, name: second }) : undefined
}
