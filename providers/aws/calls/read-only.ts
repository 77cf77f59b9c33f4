// Ways to AWS that let nothing through but questions.
import type { Send, Transports } from './calls.ts'

/** Operations that read have such names throughout the APIs that are used here. */
const questions = /^(?:Describe|Get|List)/

/** Any other call is a mistake of the caller, and is not sent. */
export function readOnly({ elasticloadbalancing, ec2, acm, wafv2 }: Transports): Transports {
  return {
    elasticloadbalancing: guarded(elasticloadbalancing),
    ec2: guarded(ec2),
    acm: guarded(acm),
    wafv2: guarded(wafv2),
  }
}

function guarded(send: Send): Send {
  return async (operation, input, signal) => {
    if (!questions.test(operation)) throw new TypeError(`${operation} would change something, and this only asks`)
    return send(operation, input, signal)
  }
}
