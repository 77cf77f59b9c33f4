// What `weir help` says, of all commands and of one; and the tables of docs/command-line.md, from the same rows.
import { commands, type Command, type CommandDefinition, commandTable, exitCodes, everywhere } from './commands.ts'
import { type OptionDefinition, options, optionsOf, optionText } from './commands.ts'
import { tableText } from './render.ts'

export function usage(): string {
  const rows = commands.map(name => [titleOf(name), commandTable[name].summary])
  return [
    'Usage: weir COMMAND [options]      (also: kubectl weir COMMAND)',
    '',
    wrapped(rows, 32),
    '',
    tableText([...everywhere].map(optionRow), 2),
    '',
    'weir help COMMAND says what a command takes, with examples.',
    '',
    exitText(),
    '',
  ].join('\n')
}

export function commandHelp(command: Command): string {
  const { summary, examples, unwell }: CommandDefinition = commandTable[command]
  const own = optionsOf(command)
  return [
    `Usage: weir ${titleOf(command)}${own.length > 1 ? ' [options]' : ''}`,
    '',
    `${summary}.`,
    '',
    tableText(own.map(optionRow), 2),
    '',
    'Examples:',
    ...examples.map(example => `  ${example}`),
    ...(unwell === undefined ? [] : ['', `Exit code 1: ${unwell}.`]),
    '',
  ].join('\n')
}

/** The tables of the documentation: commands with their options, then all options, then exit codes. */
export function markdown(): string {
  return [
    '| Command | Says | Options of its own | Exit code 1 |',
    '|---|---|---|---|',
    ...commands.map(name => {
      const { summary, unwell, options: own }: CommandDefinition = commandTable[name]
      return `| \`${titleOf(name).replaceAll('|', '\\|')}\` | ${summary} | ${own.map(each => `\`--${each}\``).join(' ')} | ${unwell ?? ''} |`
    }),
    '',
    '| Option | |',
    '|---|---|',
    ...namesOf(options).map(name => `| \`${optionText(name)}\` | ${docOf(name)} |`),
    '',
    '| Exit code | |',
    '|---|---|',
    ...exitCodes.map(([code, what]) => `| ${code} | ${what} |`),
  ].join('\n')
}

function titleOf(command: Command): string {
  const { operands }: CommandDefinition = commandTable[command]
  return operands === '' ? command : `${command} ${operands}`
}

function optionRow(name: keyof typeof options): readonly string[] {
  return [optionText(name), docOf(name)]
}

function docOf(name: keyof typeof options): string {
  const { doc, default: usual }: OptionDefinition = options[name]
  return typeof usual === 'string' ? `${doc} (default: ${usual})` : doc
}

function namesOf<T extends object>(table: T): readonly (keyof T)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are exactly these
  return Object.keys(table) as (keyof T)[]
}

/** What is long stands in a line of its own, with its text under it. */
function wrapped(rows: readonly (readonly string[])[], width: number): string {
  return rows
    .map(([name = '', text = '']) =>
      name.length < width ? `  ${name.padEnd(width)} ${text}` : `  ${name}\n  ${''.padEnd(width)} ${text}`,
    )
    .join('\n')
}

function exitText(): string {
  return ['Exit codes:', ...exitCodes.map(([code, what]) => `  ${code}  ${what}`)].join('\n')
}
