// Reads the bodies of answers: whole as text, or line by line as JSON.
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** The whole body as UTF-8 text. */
export async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  const pieces: AsyncIterable<Buffer> = body
  for await (const piece of pieces) chunks.push(piece)
  return Buffer.concat(chunks).toString('utf8')
}

/** Each line parsed; `onChunk` hears of every piece that arrives. A last line without its newline was cut off and is left out. */
export async function* jsonLines<T>(body: Readable, onChunk: () => void): AsyncGenerator<T> {
  const decoder = new StringDecoder('utf8')
  // Pieces of a line are joined once, when it is complete: a large object in many pieces must not cost the square of its size.
  let pieces: string[] = []
  const chunks: AsyncIterable<Buffer> = body
  for await (const chunk of chunks) {
    onChunk()
    const lines = decoder.write(chunk).split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      pieces.push(line)
      const whole = pieces.join('')
      pieces = []
      if (whole.trim() === '') continue
      const parsed: T = JSON.parse(whole)
      yield parsed
    }
    if (rest !== '') pieces.push(rest)
  }
}
