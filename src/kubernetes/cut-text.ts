// Cuts text to the bytes that a field of the API takes. The API server counts bytes of UTF-8, not characters.

/** The text itself when it fits, else its beginning with `…`, together not longer than `bytes`. */
export function cutText(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const kept = Buffer.from(text).subarray(0, bytes - Buffer.byteLength('…'))
  // The cut may have gone through a character.
  return `${kept.toString('utf8').replace(/\uFFFD+$/u, '')}…`
}
