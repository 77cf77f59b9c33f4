// Every single right that the manifests of deploy/ give to the accounts of Weir, and which of them a set of requests needed.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { AuditedRequest } from '../lab/audit-log.ts'

/** One verb on one resource, as far as one rule of one role gives it to one account. */
export interface Right {
  /** As system:serviceaccount:NAMESPACE:NAME. */
  readonly user: string
  /** "ClusterRole/weir-agent" */
  readonly role: string
  /** Where it holds; undefined: everywhere. */
  readonly namespace: string | undefined
  readonly verb: string
  readonly group: string
  /** "services/status" */
  readonly resource: string
  /** The only object it holds for; undefined: all. */
  readonly name: string | undefined
}

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

// oxlint-disable-next-line typescript/no-explicit-any -- manifests are looked into freely
export type Manifest = any

/** All roles and bindings under deploy/, whatever overlay or component they belong to. */
export function deployedRoles(): readonly Manifest[] {
  const deploy = join(import.meta.dirname, '..', '..', 'deploy')
  return globSync('**/*.yaml', { cwd: deploy, exclude: ['chart/**'] })
    .flatMap(file => parseAllDocuments(readFileSync(join(deploy, file), 'utf8')))
    .map(document => document.toJS())
    .filter(object => object?.apiVersion === 'rbac.authorization.k8s.io/v1')
}

/** The rights of all bindings among `objects`, the narrowest first: of one namespace before everywhere, of one object before all. */
export function rightsIn(objects: readonly Manifest[]): readonly Right[] {
  const rights = objects
    .filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding')
    .flatMap(({ roleRef, subjects, metadata }) => {
      const namespace: string | undefined = metadata.namespace
      const role = objects.find(
        each => each.kind === roleRef.kind && each.metadata.name === roleRef.name && each.metadata.namespace === namespace,
      )
      if (!role) throw new Error(`there is no ${roleRef.kind} ${roleRef.name} for the binding ${metadata.name}`)
      const users: readonly string[] = subjects.map((each: Manifest) => `system:serviceaccount:${each.namespace}:${each.name}`)
      return users.flatMap(user =>
        role.rules.flatMap((rule: Rule) => rightsOf(rule, { user, namespace, role: `${role.kind}/${role.metadata.name}` })),
      )
    })
  return rights.toSorted((one: Right, other: Right) => width(one) - width(other))
}

function width({ namespace, name }: Right): number {
  return (namespace === undefined ? 2 : 0) + (name === undefined ? 1 : 0)
}

function rightsOf(rule: Rule, of: Pick<Right, 'user' | 'role' | 'namespace'>): readonly Right[] {
  const names: readonly (string | undefined)[] = rule.resourceNames ?? [undefined]
  return rule.apiGroups.flatMap(group =>
    rule.resources.flatMap(resource => rule.verbs.flatMap(verb => names.map(name => ({ ...of, verb, group, resource, name })))),
  )
}

/**
 * The rights that no request needed. A request needs the narrowest that allows it; of several such, in components that are installed
 * one without the other, each.
 */
export function unusedRights(rights: readonly Right[], requests: Iterable<AuditedRequest>): readonly Right[] {
  const unused = new Set(rights)
  const seen = new Set<string>()
  for (const { user, verb, objectRef, annotations } of requests) {
    if (!objectRef || annotations?.['authorization.k8s.io/decision'] !== 'allow') continue
    const { apiGroup = '', resource = '', subresource, namespace, name } = objectRef
    const whole = subresource === undefined ? resource : `${resource}/${subresource}`
    const key = [user.username, verb, apiGroup, whole, namespace, name].join(' ')
    if (seen.has(key)) continue
    seen.add(key)
    const able = rights.filter(
      right =>
        right.user === user.username &&
        right.verb === verb &&
        right.group === apiGroup &&
        right.resource === whole &&
        (right.namespace === undefined || right.namespace === namespace) &&
        (right.name === undefined || right.name === name),
    )
    for (const right of able) if (able[0] && width(right) === width(able[0])) unused.delete(right)
  }
  return [...unused]
}

/** "ClusterRole/weir-agent: get nodes", for people. */
export function inWords({ role, namespace, verb, group, resource, name }: Right): string {
  const what = group === '' ? resource : `${resource}.${group}`
  return `${role}: ${verb} ${what}${name === undefined ? '' : ` ${name}`}${namespace === undefined ? '' : ` in ${namespace}`}`
}
