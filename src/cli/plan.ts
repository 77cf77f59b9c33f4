// `weir plan`: for each object what would be done, and for which mistake nothing. Nothing has been done when it is said.
import type { Foretold, Told } from './foretell/foretold.ts'
import type { Imagining } from './foretell/manifests.ts'
import { type Block, fact, line, type View } from './view.ts'

/** Pure. Healthy when nothing that was asked about would be refused. */
export function planView(foretold: readonly Foretold[], imaginings: readonly Imagining[] = []): View {
  const refused = imaginings.filter(each => each.kind === 'refused')
  const passedOver = imaginings.filter(each => each.kind === 'passed-over')
  const assumed = imaginings.flatMap(each =>
    each.kind === 'put' && each.assumed !== undefined ? [{ ...each, assumed: each.assumed }] : [],
  )
  const bad = foretold.filter(isBad).length + refused.length
  const count = foretold.reduce((sum, each) => sum + ('actions' in each ? each.actions.length : 0), 0)
  return {
    healthy: bad === 0,
    data: {
      objects: foretold,
      refusedByApiServer: refused.map(({ manifest, message }) => ({ object: nameOf(manifest), message })),
      notLookedAt: passedOver.map(({ manifest }) => nameOf(manifest)),
      assumed: assumed.map(({ manifest, assumed: text }) => ({ object: nameOf(manifest), message: text })),
    },
    blocks: [
      ...refused.flatMap(({ manifest, message }) => [
        line(`${nameOf(manifest)} would not be taken by the API server`, 'bad'),
        { kind: 'facts', rows: [fact('why', message)] } as const,
      ]),
      ...foretold.flatMap(foretoldBlocks),
      ...(foretold.length + refused.length === 0 ? [line('There is no Service of type LoadBalancer and no Ingress in it.')] : []),
      ...assumed.map(({ manifest, assumed: text }) => line(`${nameOf(manifest)} is ${text}.`, 'quiet')),
      ...(passedOver.length > 0
        ? [line(`Not looked at: ${passedOver.map(({ manifest }) => nameOf(manifest)).join(', ')}.`, 'quiet')]
        : []),
      line(`${count} ${count === 1 ? 'action' : 'actions'}. Nothing has been changed.`, 'quiet'),
    ],
  }
}

/** Waiting for pods is no mistake; what gets no address at all has one. */
function isBad(each: Foretold): boolean {
  return each.verdict === 'refused' || each.verdict === 'unknown' || (each.verdict === 'served' && isWithoutAddress(each))
}

function isWithoutAddress({ outcome }: Served): boolean {
  return outcome !== undefined && !outcome.ready && outcome.addresses.length === 0
}

function foretoldBlocks(each: Foretold): readonly Block[] {
  const name = `${each.namespace}/${each.name}`
  switch (each.verdict) {
    case 'not-ours':
      return [line(`${name} is not Weir's`), { kind: 'facts', rows: [fact('why', each.why)] }]
    case 'refused':
      return [line(`${nameIn(each)} would not be served${byWhom(each)}: ${each.reason}`, 'bad'), refusedFacts(each)]
    case 'unknown':
      return [line(`${name}: what would be done cannot be told from here: ${each.reason}`, 'bad'), problemFacts(each.problems)]
    case 'released':
      return [
        line(each.actions.length === 0 ? `${name} has nothing that would be taken away` : `${name} would be given up`),
        ...actionLines(each.actions),
      ]
    case 'served':
      return [line(headline(each), isWithoutAddress(each) ? 'bad' : undefined), ...actionLines(each.actions), ...afterwards(each)]
    default:
      return each satisfies never
  }
}

/** Under the Ingress that it is for. */
function nameIn({ namespace, name, for: ingress }: Foretold): string {
  return ingress === undefined ? `${namespace}/${name}` : `Service ${namespace}/${name} of it`
}

function byWhom({ class: lbClass, provider }: Refused): string {
  return provider === undefined ? '' : ` (class ${lbClass} → provider ${provider})`
}

type Refused = Extract<Foretold, { readonly verdict: 'refused' }>
type Served = Extract<Foretold, { readonly verdict: 'served' | 'released' }>

function headline(each: Served): string {
  const name = nameIn(each)
  const addresses = each.outcome?.addresses ?? []
  const how = `(class ${each.class} → provider ${each.provider})`
  const together = each.together ? ` together with ${each.together.join(', ')}` : ''
  if (isWithoutAddress(each)) return `${name} would not be served ${how}: ${each.outcome?.reason ?? ''}`
  if (each.actions.length === 0)
    return `${name} would stay as it is${addresses.length > 0 ? ` at ${addresses.join(', ')}` : ''} ${how}`
  return `${name} would get ${addresses.length > 0 ? addresses.join(', ') : each.gives}${together} ${how}`
}

function actionLines(actions: Served['actions']): readonly Block[] {
  return actions.map(({ text }) => line(`  ${text}`))
}

function afterwards({ outcome, warnings }: Served): readonly Block[] {
  const state = outcome?.ready === true ? 'ready' : `not ready: ${outcome?.reason ?? ''}`
  const rows = [
    ...(outcome
      ? [
          fact(
            outcome.addresses.length === 0 ? 'why' : 'then',
            outcome.addresses.length === 0 ? outcome.message : `${state}. ${outcome.message}`,
          ),
        ]
      : []),
    ...notes(warnings),
  ]
  return rows.length === 0 ? [] : [{ kind: 'facts', rows }]
}

function notes(warnings: readonly Told[]) {
  return warnings.map(({ reason, message, remedy }) => fact('note', `${reason}: ${message} ${remedy}`.trim()))
}

function refusedFacts({ problems, warnings = [] }: Refused): Block {
  return { kind: 'facts', rows: [...problemRows(problems), ...notes(warnings)] }
}

function problemFacts(problems: readonly Told[]): Block {
  return { kind: 'facts', rows: problemRows(problems) }
}

function problemRows(problems: readonly Told[]) {
  return problems.flatMap(({ message, remedy }) => [fact('why', message), ...(remedy === '' ? [] : [fact('do', remedy)])])
}

function nameOf({ kind, metadata: { namespace, name } }: Imagining['manifest']): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}
