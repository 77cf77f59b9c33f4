// Looks that many make at about the same time, put together into one call.

/** Gives the answer for each key; several keys asked for within `windowMs` share a call of at most `most` keys. */
export function together<T>(options: {
  readonly most: number
  readonly windowMs: number
  readonly schedule: (ms: number, run: () => void) => () => void
  /** Keys without an answer are absent from the map. */
  readonly look: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>
}): (keys: readonly string[]) => Promise<ReadonlyMap<string, T>> {
  const { most, windowMs, schedule, look } = options
  let waiting = new Map<string, PromiseWithResolvers<T | undefined>>()
  const send = () => {
    const asked = [...waiting]
    waiting = new Map()
    for (let at = 0; at < asked.length; at += most) {
      const batch = asked.slice(at, at + most)
      look(batch.map(([key]) => key)).then(
        answers => batch.forEach(([key, { resolve }]) => resolve(answers.get(key))),
        (error: unknown) => batch.forEach(([, { reject }]) => reject(error)),
      )
    }
  }
  return async keys => {
    const answers = await Promise.all(
      keys.map(async key => {
        if (waiting.size === 0) schedule(windowMs, send)
        const answer = waiting.get(key) ?? Promise.withResolvers<T | undefined>()
        waiting.set(key, answer)
        return [key, await answer.promise] as const
      }),
    )
    return new Map(answers.flatMap(([key, answer]) => (answer === undefined ? [] : [[key, answer] as const])))
  }
}
