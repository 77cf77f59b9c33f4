// Every file that is made from src/api, with its text.
import { stringify } from 'yaml'
import { customResourceDefinition } from './crd.ts'
import { kinds } from './kinds.ts'
import { conditionsReference, kindsReference } from './reference.ts'

/** `path` is relative to the project. */
export interface GeneratedFile {
  readonly path: string
  readonly text: string
}

export function generatedFiles(): readonly GeneratedFile[] {
  const crds = kinds.map(kind => {
    const head = `# ${kind.kind} of Weir. Generated from src/api by npm run generate; edit the schema there.\n`
    return {
      path: `crds/${kind.plural}.yaml`,
      text: head + stringify(customResourceDefinition(kind), { lineWidth: 0, aliasDuplicateObjects: false }),
    }
  })
  return [...crds, { path: 'docs/conditions.md', text: conditionsReference() }, { path: 'docs/crds.md', text: kindsReference() }]
}
