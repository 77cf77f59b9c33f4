// What each LoadBalancerClass is told about itself. Pure.
import { classPrefix } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { Reason } from '../api/reasons.ts'

export interface ClassVerdict {
  readonly ready: boolean
  readonly reason: Reason
  readonly message: string
}

/** Why a provider cannot serve a class now. */
export interface ClassTrouble {
  readonly reason: Reason
  readonly message: string
}

export interface ClassFacts {
  /** Every class there is. */
  readonly classes: readonly LoadBalancerClass[]
  /** Names of the providers this installation runs. */
  readonly providers: readonly string[]
  /** What the provider of a class says about it. */
  readonly troubleOf?: (subject: LoadBalancerClass) => ClassTrouble | undefined
  /** What it has to say besides of a class that it serves. */
  readonly remarkOf?: (subject: LoadBalancerClass) => string | undefined
}

/** How many users the message of InUse names. */
const namedUsers = 5

/** All values of `spec.loadBalancerClass` that a class answers. */
export function answers(loadBalancerClass: LoadBalancerClass): readonly string[] {
  return [`${classPrefix}${loadBalancerClass.metadata.name}`, ...(loadBalancerClass.spec.aliases ?? [])]
}

/**
 * The condition Ready of `subject`. `users` are the Services (namespace/name) that use it, sorted, and then what else does, by kind and name. The gravest matter is
 * told: a class that cannot work at all before one that is only ambiguous.
 */
export function judgeClass(subject: LoadBalancerClass, users: readonly string[], facts: ClassFacts): ClassVerdict {
  if (subject.metadata.deletionTimestamp && users.length > 0) return refuse('InUse', inUseMessage(users))
  if (!facts.providers.includes(subject.spec.provider)) {
    return refuse(
      'ProviderNotConfigured',
      `This controller does not run the provider ${subject.spec.provider} (it runs ${facts.providers.join(', ') || 'none'}). ` +
        `Set it up as docs/tasks/aws.md says, with the rights in deploy/aws, or use a class of another provider.`,
    )
  }
  const rivals = otherDefaults(subject, facts.classes)
  if (rivals.length > 0) {
    return refuse(
      'SeveralDefaultClasses',
      `${[subject.metadata.name, ...rivals].toSorted().join(', ')} are all marked default, so none is. Leave spec.default: true on one of them.`,
    )
  }
  const conflict = aliasConflict(subject, facts.classes)
  if (conflict) {
    return refuse(
      'AliasConflict',
      `${conflict.alias} is answered by the older class ${conflict.holder}. Remove the alias from one of the two.`,
    )
  }
  const trouble = facts.troubleOf?.(subject)
  if (trouble) return refuse(trouble.reason, trouble.message)
  const remark = facts.remarkOf?.(subject)
  return {
    ready: true,
    reason: 'Accepted',
    message: `Services choose it with loadBalancerClass ${answers(subject).join(' or ')}.${remark === undefined ? '' : ` ${remark}`}`,
  }
}

function refuse(reason: Reason, message: string): ClassVerdict {
  return { ready: false, reason, message }
}

function inUseMessage(users: readonly string[]): string {
  const named = users.slice(0, namedUsers).join(', ')
  const more = users.length > namedUsers ? ` and ${users.length - namedUsers} more` : ''
  return `The class is being deleted but ${named}${more} still ${users.length === 1 ? 'uses' : 'use'} it. Delete or change ${users.length === 1 ? 'it' : 'them'} first.`
}

/** The other classes that are marked default; one that is on its way out does not count. */
function otherDefaults(subject: LoadBalancerClass, classes: readonly LoadBalancerClass[]): readonly string[] {
  if (!subject.spec.default) return []
  return classes
    .filter(other => other.spec.default && !other.metadata.deletionTimestamp && other.metadata.name !== subject.metadata.name)
    .map(other => other.metadata.name)
}

/** The first alias of `subject` that an older class answers. A class's own name is never lost to an alias. */
function aliasConflict(
  subject: LoadBalancerClass,
  classes: readonly LoadBalancerClass[],
): { readonly alias: string; readonly holder: string } | undefined {
  for (const alias of subject.spec.aliases ?? []) {
    const holder = classes.find(
      other =>
        other.metadata.name !== subject.metadata.name &&
        (alias === `${classPrefix}${other.metadata.name}` ||
          ((other.spec.aliases ?? []).includes(alias) && isOlder(other, subject))),
    )
    if (holder) return { alias, holder: holder.metadata.name }
  }
  return undefined
}

function isOlder(one: LoadBalancerClass, other: LoadBalancerClass): boolean {
  const [first, second] = [one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? '']
  return first === second ? one.metadata.name < other.metadata.name : first < second
}
