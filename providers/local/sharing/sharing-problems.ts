// What a Service is told that cannot share an address: with whom, why, and what to do. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { Discord } from './sharing.ts'

const remedies: Readonly<Record<Discord['kind'], string>> = {
  key: 'Give both the same weir.dev/allow-shared-ip, or ask for another address.',
  namespace: 'Let each of the two name the namespace of the other, or ask for another address.',
  ports: 'Give one of them other ports, or ask for another address.',
  policy: 'Give both externalTrafficPolicy Cluster, or Local and one selector; or ask for another address.',
  announcing: 'Change the announce rules of the pool so that one node may announce for both, or ask for another address.',
  leaving: 'Wait: it is given when it becomes free.',
  full: 'Ask for another address.',
}

/** A Service that asks for an address which others have. It waits for it; whatever they change is looked at again. */
export function sharingProblem(address: string, { kind, with: other, text }: Discord): Problem {
  return {
    reason: 'SharingRefused',
    message: `${address} belongs to ${other.namespace}/${other.name} and cannot be shared with it: ${text}.`,
    remedy: remedies[kind],
    severity: 'blocks',
  }
}

/** A Service that shared an address and has to go. */
export function leftWarning(address: string, { kind, with: other, text }: Discord): Problem {
  return {
    reason: 'SharingEnded',
    message: `${address} is not shared with ${other.namespace}/${other.name} any more: ${text}.`,
    remedy: `This Service leaves the address. To share it again: ${lowered(remedies[kind])}`,
    severity: 'warns',
  }
}

/** A Service that took back its consent to share an address and has another one now. */
export function leftForOther(address: string, next: string, { kind, with: other, text }: Discord): Problem {
  return {
    reason: 'AddressReplaced',
    message: `${address} is not shared with ${other.namespace}/${other.name} any more: ${text}. This Service is at ${next} now.`,
    remedy: `Clients have to use ${next}. To share the other again: ${lowered(remedies[kind])}`,
    severity: 'warns',
  }
}

function lowered(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`
}
