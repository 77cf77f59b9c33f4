// `weir completion SHELL`: scripts by which shells complete commands, options and the values that are known beforehand.
import { commands, commandTable, type OptionDefinition, options, optionsOf } from './commands.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export function completionScript(shell: Shell): string {
  if (shell === 'fish') return fish()
  // zsh runs the one for bash through its own bashcompinit.
  return shell === 'bash' ? bash() : `autoload -U +X bashcompinit && bashcompinit\n${bash()}`
}

function bash(): string {
  const cases = commands.map(name => `    ${name}) words="${wordsOf(name).join(' ')}" ;;`)
  const values = valued().map(([flags, words]) => `    ${flags.join('|')}) words="${words.join(' ')}" ;;`)
  return `_weir() {
  local words current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${commands.join(' ')}"
  case "$before" in
    -f|--filename|--kubeconfig) COMPREPLY=($(compgen -f -- "$current")); return ;;
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _weir weir
`
}

function fish(): string {
  const first = commands.map(
    name => `complete -c weir -f -n __fish_use_subcommand -a ${name} -d ${quoted(commandTable[name].summary)}`,
  )
  const own = commands.flatMap(name =>
    optionsOf(name).map(option => {
      const { short, type, values, doc }: OptionDefinition = options[option]
      const takes = type === 'boolean' ? '' : option === 'filename' || option === 'kubeconfig' ? ' -r -F' : ' -x'
      const known = values ? ` -a ${quoted(values.join(' '))}` : ''
      return `complete -c weir -n '__fish_seen_subcommand_from ${name}' -l ${option}${short === undefined ? '' : ` -s ${short}`}${takes}${known} -d ${quoted(doc)}`
    }),
  )
  const shellNames = `complete -c weir -f -n '__fish_seen_subcommand_from completion' -a ${quoted(shells.join(' '))}`
  return `${[...first, ...own, shellNames].join('\n')}\n`
}

function wordsOf(name: (typeof commands)[number]): readonly string[] {
  const flags = optionsOf(name).map(option => `--${option}`)
  if (name === 'completion') return [...shells, ...flags]
  if (name === 'help') return [...commands, ...flags]
  return ['explain', 'plan', 'diff'].includes(name) ? ['service/', 'ingress/', ...flags] : flags
}

function valued(): readonly (readonly [readonly string[], readonly string[]])[] {
  const all: readonly (readonly [string, OptionDefinition])[] = Object.entries(options)
  return all.flatMap(([name, { short, values }]) =>
    values ? [[[`--${name}`, ...(short === undefined ? [] : [`-${short}`])], values] as const] : [],
  )
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
