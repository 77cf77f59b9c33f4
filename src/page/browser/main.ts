// The page: follows the state that the server tells and draws it; what a person asks for goes into the address.
import type { PageState, TableId } from '../model.ts'
import { writeAges } from './age.ts'
import { found, type Happening, page } from './dom.ts'
import { drawFigures, drawSelf, freshness } from './draw-top.ts'
import { tableView, type TableView } from './draw-table.ts'
import { follow } from './follow.ts'
import { correct, goTo, type Place, readPlace, searchOf, withFirst } from './place.ts'
import { storyView } from './story.ts'

declare function addEventListener(type: string, listener: () => void): void

const everyMs = 1000
const typingMs = 150
const mostTold = 4

let place = readPlace()
/** The question whose answer is drawn. */
let drawnFor = ''
const tables = new Map<TableId, TableView>()
const fresh = freshness(() => Date.now())
const filter = found('filter')
const bad = found('bad')

const question = (of: Place) => `state${searchOf({ ...of, open: '' })}`
const href = (open: string) => searchOf({ ...place, open })

const follower = follow({
  url: () => question(place),
  everyMs,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what our own server answers
  onNews: news => draw(news as PageState),
  onAnswer: () => fresh.answered(),
  onTrouble: words => fresh.failed(words),
})

const story = storyView(() => {
  place = { ...place, open: '' }
  goTo(place)
})

function draw(state: PageState): void {
  fresh.answered(state.self)
  drawSelf(state.self)
  drawFigures(state.figures)
  const asked = question(place)
  const isOther = asked !== drawnFor
  drawnFor = asked
  const content = found('content')
  const news = state.tables.flatMap((table, index) => {
    const known = tables.get(table.id)
    const view = known ?? tableView(table, { href, showFrom })
    if (!known) {
      tables.set(table.id, view)
      content.insertBefore(view.box, content.children[index] ?? null)
    }
    return view.update(table, isOther || !known)
  })
  const shown = new Set(state.tables.map(({ id }) => id))
  for (const [id, view] of tables) {
    if (shown.has(id)) continue
    view.box.remove()
    tables.delete(id)
  }
  writeAges(Date.now())
  tell(news)
}

function tell(news: readonly string[]): void {
  if (news.length === 0) return
  const more = news.length > mostTold ? [`and ${news.length - mostTold} more changes`] : []
  found('live').textContent = [...news.slice(0, mostTold), ...more].join('. ')
}

function showFrom(table: TableId, first: number): void {
  place = withFirst(place, table, first)
  goTo(place)
  follower.again()
}

/** A filter begins at the first rows. */
function filtered(): void {
  place = { ...place, q: filter.value.trim(), bad: bad.checked, from: {} }
  correct(place)
  follower.again()
}

function openPlace(): void {
  place = readPlace()
  if (filter.value.trim() !== place.q) filter.value = place.q
  bad.checked = place.bad
  story.show(place.open)
  follower.again()
}

let typing: ReturnType<typeof setTimeout> | undefined
filter.addEventListener('input', () => {
  clearTimeout(typing)
  typing = setTimeout(filtered, typingMs)
})
bad.addEventListener('change', filtered)

page.addEventListener('keydown', (happening: Happening) => {
  const { key, target, ctrlKey, metaKey, altKey } = happening
  if (key !== '/' || ctrlKey || metaKey || altKey || found('story').open) return
  if (target?.tagName === 'INPUT') return
  happening.preventDefault()
  filter.focus()
})

page.addEventListener('click', (happening: Happening) => {
  const open = happening.target?.closest('a[data-open]')?.getAttribute('data-open')
  if (!open || happening.ctrlKey || happening.metaKey || happening.shiftKey) return
  happening.preventDefault()
  place = { ...place, open }
  goTo(place)
  story.show(open)
})

page.addEventListener('visibilitychange', () => {
  if (page.visibilityState !== 'visible') return
  follower.again()
  story.again()
})
addEventListener('popstate', openPlace)
setInterval(() => {
  fresh.tick(Date.now())
  writeAges(Date.now())
}, 1000)
openPlace()
