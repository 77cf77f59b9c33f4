// From a request to what is sent back: the files of the page, its state, and the story of one object.
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Asset } from './assets.ts'
import { refusalOf } from './guard.ts'
import { securityHeaders } from './headers.ts'
import type { View } from '../cli/view.ts'
import type { PageState, Self } from './model.ts'
import type { Sharing } from './pace.ts'
import { type PageQuery, readQuery } from './query.ts'
import { readSubject, type Subject } from './story.ts'

export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Absent for 304. */
  readonly body?: string
}

export interface Content {
  readonly assets: ReadonlyMap<string, Asset>
  /** Somebody looks: changes since the process began, and who answers. */
  readonly look: () => { readonly changes: string; readonly self: Self }
  readonly state: (query: PageQuery) => PageState
  readonly story: (subject: Subject) => Promise<View | undefined>
  /** How the state is made: in turns. */
  readonly inTurn: <T>(make: () => T) => Promise<T>
  readonly sharedState: Sharing<Made>
  readonly sharedStory: Sharing<Made | undefined>
}

/** What is sent, and by what it is known again. */
export interface Made {
  readonly tag: string
  readonly body: string
}

/** A browser asks again by itself. */
const tooMany = 'too many look at different things at once; this is asked for again'

const text = 'text/plain; charset=utf-8'
const json = 'application/json; charset=utf-8'

/** Never throws: what goes wrong is an answer too. */
export async function answer({ method, target, headers }: Asked, content: Content): Promise<Answer> {
  const refusal = refusalOf(method, headers)
  if (refusal) return plain(refusal.status, refusal.message)
  const url = URL.parse(target, 'http://localhost')
  if (!url) return plain(400, 'no path')
  const known = headers['if-none-match']
  const asset = content.assets.get(url.pathname === '/' ? '/index.html' : url.pathname)
  if (asset) return sent(asset.body, { type: asset.type, tag: tagOf(asset.body), known })
  if (url.pathname === '/state') {
    const query = readQuery(url.searchParams)
    const tagNow = () => {
      const { changes, self } = content.look()
      return tagOf(JSON.stringify([changes, self, query]))
    }
    // Told without making it: most of the time nothing changed.
    if (known !== undefined && known === tagNow()) return unchanged(known)
    const making = content.sharedState(JSON.stringify(query), () =>
      content.inTurn(() => ({ tag: tagNow(), body: JSON.stringify(content.state(query)) })),
    )
    if (!making) return plain(503, tooMany)
    const { tag, body } = await making
    return sent(body, { type: json, tag, known })
  }
  if (url.pathname === '/story') return story(url.searchParams.get('of') ?? '', known, content)
  return plain(404, 'there is no such page')
}

async function story(of: string, known: string | undefined, { look, story, sharedStory }: Content): Promise<Answer> {
  const subject = readSubject(of)
  if (!subject) return plain(400, 'say of what: service/NAMESPACE/NAME or ingress/NAMESPACE/NAME')
  look()
  try {
    const making = sharedStory(of, async () => {
      const told = await story(subject)
      if (!told) return undefined
      const body = JSON.stringify({ healthy: told.healthy, blocks: told.blocks })
      return { tag: tagOf(body), body }
    })
    if (!making) return plain(503, tooMany)
    const told = await making
    if (!told)
      return plain(
        404,
        `There is no ${subject.kind === 'service' ? 'Service' : 'Ingress'} ${subject.namespace}/${subject.name} any more.`,
      )
    return sent(told.body, { type: json, tag: told.tag, known })
  } catch (error) {
    return plain(502, `The API server did not tell: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function sent(
  body: string,
  { type, tag, known }: { readonly type: string; readonly tag: string; readonly known: string | undefined },
): Answer {
  if (known === tag) return unchanged(tag)
  return { status: 200, headers: { ...securityHeaders, 'content-type': type, etag: tag }, body }
}

function unchanged(tag: string): Answer {
  return { status: 304, headers: { ...securityHeaders, etag: tag } }
}

function plain(status: number, message: string): Answer {
  return { status, headers: { ...securityHeaders, 'content-type': text }, body: `${message}\n` }
}

function tagOf(content: string): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
}
