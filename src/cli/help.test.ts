// What the command line takes and says of itself: commands and options, what is near to a misspelt one, help, completion, the documentation.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'
import { commands, commandTable, optionsOf } from './commands.ts'
import { completionScript } from './completion.ts'
import { commandHelp, markdown, usage } from './help.ts'
import { withoutCluster } from './without-cluster.ts'

test.each([
  [['statsu'], 'there is no command statsu; did you mean status?'],
  [['status', '--namespce', 'shop'], 'there is no option --namespce; did you mean --namespace?'],
  [['pools', '--request', 'http://x'], '--request does not go with pools, but with explain'],
  [['explain', 'ingress/shop', '-H', 'a: b'], '--header goes with --request URL'],
  [['status', '-o', 'jsno'], '--output: jsno is none of table, wide, json, yaml; did you mean json?'],
  [['status', '-o', 'xml'], '--output: xml is none of table, wide, json, yaml'],
])('%j: %s', (argv, words) => {
  expect(() => readArguments(argv)).toThrow(words)
})

test('every command is in the help of all, and has a help of its own with its options and examples', () => {
  const all = usage()
  for (const name of commands) {
    expect(all).toContain(`  ${name}`)
    const help = commandHelp(name)
    expect(help).toContain(commandTable[name].summary)
    for (const option of optionsOf(name)) expect(help).toContain(`--${option}`)
    expect(help).toContain(`Examples:\n  `)
    expect(withoutCluster(readArguments([name, '--help']), '1')).toBe(help)
    expect(withoutCluster(readArguments(['help', name]), '1')).toBe(help)
  }
})

test('every example of the help can be read', () => {
  for (const name of commands)
    for (const example of commandTable[name].examples) {
      const [, ...words] =
        /weir ([^|>)]*)/
          .exec(example)?.[0]
          .trim()
          .match(/'[^']*'|\S+/g) ?? []
      expect(readArguments(words.map(word => word.replaceAll("'", ''))).command, example).toBe(name)
    }
})

test('bash completes commands, options and the values of options', () => {
  const ask = (...words: readonly string[]) => {
    const script = `${completionScript('bash')}\nCOMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _weir; echo "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split(' ')
  }
  expect(ask('weir', 'ann')).toEqual(['announcements'])
  expect(ask('weir', 'plan', '--file')).toEqual(['--filename'])
  expect(ask('weir', 'status', '-o', '')).toEqual(['table', 'wide', 'json', 'yaml'])
  expect(ask('weir', 'explain', 'in')).toEqual(['ingress/'])
  for (const name of commands) expect(completionScript('fish')).toContain(`-a ${name} `)
})

test('docs/command-line.md has the tables of the commands, the options and the exit codes', () => {
  const file = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'command-line.md'), 'utf8')
  expect(file).toContain(markdown())
})
