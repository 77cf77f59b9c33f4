// The dialog with the story of one object, as long as it is open.
import type { Block } from '../../cli/view.ts'
import { found, page, say } from './dom.ts'
import { drawStory } from './draw-story.ts'
import { follow, type Follower } from './follow.ts'

interface Story {
  readonly blocks: readonly Block[]
}

const everyMs = 2000

export interface StoryView {
  /** Shows the story of `service/default/web`, or nothing when it is empty. */
  show(open: string): void
  again(): void
}

/** `onClosed` when a person closed it. */
export function storyView(onClosed: () => void): StoryView {
  const dialog = found('story')
  const body = found('story-body')
  let shown = ''
  let follower: Follower | undefined
  found('story-close').addEventListener('click', () => dialog.close())
  // A click on what is around it.
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close()
  })
  dialog.addEventListener('close', () => {
    follower?.stop()
    if (shown !== '') onClosed()
    shown = ''
  })
  return {
    show(open) {
      if (open === shown) return
      follower?.stop()
      shown = open
      if (open === '') {
        dialog.close()
        return
      }
      say(found('story-title'), titleOf(open))
      drawStory(body, [{ kind: 'line', text: 'asking …' }])
      if (!dialog.open) dialog.showModal()
      follower = follow({
        url: () => `story?of=${encodeURIComponent(open)}`,
        everyMs,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what our own server answers
        onNews: news => drawStory(body, (news as Story).blocks),
        onTrouble: words => drawStory(body, [{ kind: 'line', text: words, tone: 'bad' }]),
      })
    },
    again() {
      if (page.visibilityState === 'visible') follower?.again()
    },
  }
}

function titleOf(open: string): string {
  const [kind, ...name] = open.split('/')
  return `${kind === 'ingress' ? 'Ingress' : 'Service'} ${name.join('/')}`
}
