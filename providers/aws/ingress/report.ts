// What is told of each Ingress of a group, collected while its load balancer is put together.
import type { MemberOutcome } from '../../../src/ingress-provider.ts'
import type { IngressGroupGoal } from '../../../src/model/ingress-group.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import type { Route } from '../../../src/model/routing/model.ts'
import { blocks } from '../model/problems.ts'
import type { ListenerProgram } from './listener-rules.ts'
import { authorKey } from './listener-rules.ts'

export interface Report {
  tell(key: string, problem: Problem): void
  tellRoute(route: Route, problem: Problem): void
  /** Routes that nothing reaches at any listener, and those that ALB cannot ask. */
  routes(programs: readonly ListenerProgram[], options: { readonly loops: (route: Route) => boolean }): void
  all(): ReadonlyMap<string, MemberOutcome>
}

export function createReport(goal: IngressGroupGoal, given: ReadonlyMap<string, readonly Problem[]>): Report {
  const problems = new Map<string, Map<string, Problem>>()
  const routes = new Map<string, Map<string, Problem>>()
  const tell = (key: string, problem: Problem) => {
    const known = problems.get(key) ?? new Map<string, Problem>()
    problems.set(key, known.set(`${problem.reason} ${problem.message}`, problem))
  }
  const tellAt = (key: string, at: string, problem: Problem) => {
    const known = routes.get(key) ?? new Map<string, Problem>()
    if (!known.has(at)) routes.set(key, known.set(at, problem))
  }
  for (const [key, list] of given) for (const problem of list) tell(key, problem)
  return {
    tell,
    tellRoute({ origin }, problem) {
      if (!('ingress' in origin)) return
      if (problem.severity === 'blocks') tellAt(memberKey(origin.ingress), origin.at, problem)
      else tell(memberKey(origin.ingress), problem)
    },
    routes(programs, { loops }) {
      for (const { refused } of programs) for (const { author, problem } of refused) tellAt(author.ingress, author.at, problem)
      const reached = new Set(programs.flatMap(program => [...program.reached]))
      for (const { dead } of programs) {
        for (const { author, by } of dead) {
          // What the default backend of a host would take is taken by its paths.
          if (author.at === 'spec.defaultBackend' || author.ingress === '' || reached.has(authorKey(author))) continue
          const winner = by.ingress === author.ingress ? `${by.at} of the same Ingress` : `Ingress ${by.ingress}`
          tellAt(
            author.ingress,
            author.at,
            blocks('RouteShadowed', `The route ${author.at} is never reached: ${winner} comes before it.`),
          )
        }
      }
      for (const [key, { routes: wished }] of goal.model.members) {
        for (const { route } of wished) {
          if (!loops(route)) continue
          tellAt(
            key,
            route.origin.at,
            blocks('RedirectLoop', `The redirect at ${route.origin.at} leads to itself, and is left out.`),
          )
        }
      }
    },
    all() {
      const keys = new Set([...problems.keys(), ...routes.keys()])
      return new Map(
        [...keys].map(key => [
          key,
          { problems: [...(problems.get(key)?.values() ?? [])], routes: routes.get(key) ?? new Map<string, Problem>() },
        ]),
      )
    },
  }
}
