// The top of the page: who answers, how fresh it is, what is in the way, and the figures.
import type { Figure, Self } from '../model.ts'
import { found, make, page, say } from './dom.ts'

/** A pod's name has at most 253 characters; what follows the underscore only tells one process from the next. */
function nameOf(identity: string): string {
  return identity.replace(/_[^_]*$/, '')
}

export function drawSelf(self: Self): void {
  const { identity, version, leads, leader } = self
  const me = `${nameOf(identity)}, version ${version}`
  const role = leads
    ? 'the active controller'
    : leader === ''
      ? 'nobody is the active controller at the moment'
      : `stands by, with copies of its own; the active controller is ${nameOf(leader)}`
  say(found('self'), `${me}: ${role}`)
}

let drawn = ''

export function drawFigures(figures: readonly Figure[]): void {
  const now = JSON.stringify(figures)
  if (now === drawn) return
  drawn = now
  const focused = page.activeElement?.getAttribute('href')
  const items = figures.map(({ table, label, value, note, tone }) => {
    const content = [
      make('span', { class: 'label' }, label),
      make('span', { class: 'value' }, value),
      make('span', { class: `note ${tone}` }, note),
    ]
    return make('li', { class: tone }, make('a', { href: `#${table}` }, ...content))
  })
  found('figures').replaceChildren(...items)
  if (focused?.startsWith('#')) found('figures').querySelector(`a[href="${focused}"]`)?.focus()
  const bad = figures.filter(({ tone }) => tone === 'bad').length
  page.title = bad === 0 ? 'Weir' : `(${bad}) Weir`
}

/** After so long without an answer, what is shown is called old. */
const freshMs = 5000

export interface Freshness {
  answered(self?: Self): void
  failed(words: string): void
  /** Called every second. */
  tick(now: number): void
}

export function freshness(now: () => number): Freshness {
  let answeredAt: number | undefined
  let words = ''
  let troubles: readonly string[] = []
  const draw = (at: number) => {
    const isOld = words !== '' && (answeredAt === undefined || at - answeredAt >= freshMs)
    const fresh = found('fresh')
    const state = isOld ? 'fresh stale' : answeredAt === undefined ? 'fresh' : 'fresh live'
    if (fresh.className !== state) fresh.className = state
    const seconds = answeredAt === undefined ? 0 : Math.floor((at - answeredAt) / 1000)
    say(found('fresh-text'), answeredAt === undefined ? 'connecting' : isOld ? `old: ${seconds} s` : 'live')
    // Without the seconds: it is read out when it changes.
    const since =
      answeredAt === undefined ? '' : ` since ${new Date(answeredAt).toLocaleTimeString()}; what is shown is from then`
    const lines = isOld ? [`The controller has not answered${since} (${words}). Trying again.`] : troubles
    const trouble = found('trouble')
    say(trouble, lines.join('\n'))
    trouble.hidden = lines.length === 0
  }
  return {
    answered(self) {
      answeredAt = now()
      words = ''
      if (self) troubles = self.troubles.map(each => `The controller does not see all of the cluster: ${each}`)
      draw(answeredAt)
    },
    failed(why) {
      words = why
      draw(now())
    },
    tick: draw,
  }
}
