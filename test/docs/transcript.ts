// Compares what a page says that a command prints with what it prints, whatever the addresses, names and times of the day.

/** A command of a block of console, and what the page says that it prints. */
export interface Step {
  readonly command: string
  readonly printed: string
}

/** Lines after `$ ` are commands, also over several lines that end with a backslash; the others are what the last one prints. */
export function steps(text: string): readonly Step[] {
  const found: { command: string[]; printed: string[] }[] = []
  for (const line of text.split('\n')) {
    const last = found.at(-1)
    if (line.startsWith('$ ')) found.push({ command: [line.slice(2)], printed: [] })
    else if (last?.printed.length === 0 && last.command.at(-1)?.endsWith('\\')) last.command.push(line)
    else last?.printed.push(line)
  }
  return found.map(({ command, printed }) => ({ command: command.join('\n'), printed: printed.join('\n').trimEnd() }))
}

/** What is different each time, and the word that stands for it. The order counts. */
const variables: readonly (readonly [RegExp, string])[] = [
  // oxlint-disable-next-line no-control-regex -- colours of terminals
  [/\u001b\[[\d;]*m/g, ''],
  [/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/gi, 'MAC'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, 'TIME'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID'],
  [/\bfd00:[0-9a-f:]*\b/g, 'ADDRESS'],
  [/\b\d+\.\d+\.\d+\.\d+\b/g, 'ADDRESS'],
  [/\b([a-z][a-z0-9-]*?)-[a-z0-9]{8,10}-[a-z0-9]{5}\b/g, '$1-POD'],
  [/\b([a-z][a-z0-9]*)-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1-POD'],
  [/\bn\d\b/g, 'NODE'],
  [/\b\d+ (h|min)( \d+ (min|s))?(?=\W|$)/g, 'AGE'],
  [/\b\d+(\.\d+)?( ?(ms|s|m|h|d))(\d+(s|m|h))*\b/g, 'AGE'],
  [/<(unknown|invalid|none|pending)>/g, 'NOTHING'],
  [/:3[0-2]\d{3}\//g, ':NODEPORT/'],
  [/\b\d+ moves?\b/g, 'MOVES'],
  [/[ \t]+/g, ' '],
]

/** The lines of a text with what varies replaced. */
export function shape(text: string): readonly string[] {
  return text.split('\n').map(line => variables.reduce((rest, [what, word]) => rest.replaceAll(what, word), line).trim())
}

/**
 * The first line that is not as the page has it, in words; undefined when all are. On the page `…` stands for any text within a line,
 * and alone for any number of lines.
 */
export function difference(page: string, printed: string): string | undefined {
  const wanted = shape(page)
  const real = shape(printed.trimEnd())
  const fits = (line: string, real: string) =>
    new RegExp(
      `^${line
        .split('…')
        .map(part => RegExp.escape(part))
        .join('.*')}$`,
      's',
    ).test(real)
  /** Whether the rest fits from here; remembers the farthest line that did not. */
  let farthest = { want: 0, have: -1 }
  const match = (want: number, have: number): boolean => {
    if (have > farthest.have) farthest = { want, have }
    if (want === wanted.length) return have === real.length
    const line = wanted[want] ?? ''
    if (line === '…') {
      for (let end = have; end <= real.length; end++) if (match(want + 1, end)) return true
      return false
    }
    return have < real.length && fits(line, real[have] ?? '') && match(want + 1, have + 1)
  }
  if (match(0, 0)) return undefined
  const { want, have } = farthest
  return `the page says "${wanted[want] ?? '(the end)'}", printed is "${real[have] ?? '(the end)'}"`
}
