// A migration as a view: manifests to apply, with the report above them as comments.
import { stringify } from 'yaml'
import { line, type View } from '../view.ts'
import type { Migration, Note } from './outcome.ts'

/** Pure. Healthy when nothing was left out or changed its meaning. */
export function migrationView({ manifests, notes, kept }: Migration): View {
  const leftOut = notes.filter(({ kind }) => kind === 'left out')
  const changed = notes.filter(({ kind }) => kind === 'changed')
  const report = [
    `${manifests.length} ${manifests.length === 1 ? 'object' : 'objects'} to apply. Nothing has been changed in any cluster.`,
    ...part('Left out:', leftOut.map(noteText)),
    ...part('Means something else in some case:', changed.map(noteText)),
    ...part('Stays as it is:', kept),
  ]
  return {
    healthy: notes.length === 0,
    data: { manifests, notes, kept },
    blocks: [
      ...report.map(text => line(`# ${text}`.trimEnd())),
      ...manifests.flatMap(manifest => [
        line('---'),
        ...stringify(manifest)
          .trimEnd()
          .split('\n')
          .map(text => line(text)),
      ]),
    ],
  }
}

function part(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map(text => `  ${text}`)]
}

function noteText({ about, message }: Note): string {
  return `${about}: ${message}`
}
