// The walls between the rooms of the project: the linter refuses an import through each of them, and lets the doors be.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Lints `files` (path → the modules it imports) with the project's own rules and answers which of them were refused. */
function refused(files: Readonly<Record<string, readonly string[]>>): readonly string[] {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'weir-walls-'))
  copyFileSync(join(root, '.oxlintrc.json'), join(folder.path, '.oxlintrc.json'))
  for (const [path, imports] of Object.entries(files)) {
    mkdirSync(join(folder.path, dirname(path)), { recursive: true })
    const lines = imports.map((module, i) => `import { a as a${i} } from '${module}'\nexport const b${i} = a${i}`)
    writeFileSync(join(folder.path, path), `${lines.join('\n')}\n`)
  }
  const oxlint = join(root, 'node_modules', '.bin', 'oxlint')
  const { stdout } = spawnSync(oxlint, ['--format=json'], { cwd: folder.path, encoding: 'utf8' })
  const report: { readonly diagnostics: readonly { readonly code: string; readonly filename: string }[] } = JSON.parse(stdout)
  const walls = report.diagnostics.filter(each => each.code.includes('no-restricted-imports'))
  return [...new Set(walls.map(each => each.filename))].toSorted()
}

test.each([
  [
    'the Kubernetes core knows nothing of ours',
    'src/kubernetes/x.ts',
    ['../api/group.ts', '../model/address.ts', '../provider.ts'],
  ],
  ['the words import nothing of ours', 'src/api/x.ts', ['../kubernetes/store.ts', '../model/address.ts', '../provider.ts']],
  [
    'the model imports only the words',
    'src/model/x.ts',
    ['../kubernetes/store.ts', '../provider.ts', '../controllers/service.ts'],
  ],
  ['controllers know no provider', 'src/controllers/x.ts', ['../../providers/local/provider.ts']],
  ['the seam knows no provider', 'src/provider.ts', ['../providers/local/provider.ts']],
  ['what watches over the program knows no provider', 'src/observability/x.ts', ['../../providers/local/provider.ts']],
  ['the command line knows no provider', 'src/cli/x.ts', ['../../providers/local/provider.ts']],
  ['the page knows no provider', 'src/page/x.ts', ['../../providers/local/provider.ts']],
  [
    'a provider gets the core handed',
    'providers/local/x.ts',
    ['../../src/kubernetes/store.ts', '../../src/controllers/service.ts'],
  ],
  ['the local provider knows nothing of AWS', 'providers/local/x.ts', ['../aws/plan.ts', '@aws-sdk/client-ec2']],
  ['nor does its agent', 'providers/local/agent/x.ts', ['../../aws/model/build.ts']],
  ['the aws provider knows nothing of the local one', 'providers/aws/x.ts', ['../local/plan.ts']],
  ['nor does a folder of it', 'providers/aws/discovery/x.ts', ['../../local/addresses/allocator.ts']],
  ['the aws provider gets the core handed', 'providers/aws/model/x.ts', ['../../../src/kubernetes/store.ts']],
  ['a provider deep down, too', 'providers/local/agent/x.ts', ['../../../src/kubernetes/store.ts']],
  ['nor does the seam of Ingresses', 'src/ingress-provider.ts', ['../providers/local/provider.ts']],
  ['no production code imports the tests', 'src/model/x.ts', ['../../test/lab/lab.ts']],
  ['nor what tests need', 'providers/local/x.ts', ['./world-under-test.ts']],
])('%s', (_rule, file, imports) => {
  const each = Object.fromEntries(
    imports.map((module, i) => [file.replace(/(x)?\.ts$/, i === 0 ? '$1.ts' : `$1-${i}.ts`), [module]]),
  )
  expect(refused(each)).toEqual(Object.keys(each).toSorted())
})

test('the doors are open: composition roots, tests, and everyone to the rooms below', () => {
  expect(
    refused({
      'src/main-controller.ts': ['../providers/local/provider.ts', './kubernetes/store.ts', './controllers/service.ts'],
      'src/controllers/x.ts': ['../kubernetes/store.ts', '../model/address.ts', '../api/group.ts', '../provider.ts'],
      'src/model/x.ts': ['../api/group.ts', './address.ts'],
      'src/kubernetes/x.ts': ['./store.ts'],
      'providers/local/x.ts': ['../../src/model/address.ts', '../../src/provider.ts', '../../src/api/group.ts'],
      'providers/aws/x.ts': ['../../src/model/address.ts', '../../src/provider.ts', './plan.ts', '@aws-sdk/client-ec2'],
      'src/controllers/x.test.ts': ['../../test/lab/lab.ts', '../../providers/local/provider.ts'],
    }),
  ).toEqual([])
})
