// Users and their passwords: which lines of an htpasswd file Envoy can check.

/** Of a file: lines that can be checked, each user once, and the users whose lines cannot. */
export function readUsers(file: string): { readonly usable: readonly string[]; readonly others: readonly string[] } {
  const usable = new Map<string, string>()
  const others: string[] = []
  for (const line of file.split(/\r?\n/)) {
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    const colon = text.indexOf(':')
    const user = text.slice(0, Math.max(0, colon))
    // The hash of SHA-1 has 20 bytes: 27 characters of base64 and one to fill up.
    if (/^[!-9;-~]{1,255}$/.test(user) && /^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(text.slice(colon + 1)))
      usable.set(user, usable.get(user) ?? text)
    else others.push(user === '' ? '?' : user)
  }
  return { usable: [...usable.values()], others }
}

/** The file that Envoy gets; undefined when nobody could come in. */
export function usableUsers(file: string | undefined): string | undefined {
  const { usable } = readUsers(file ?? '')
  return usable.length === 0 ? undefined : usable.join('\n')
}
