// The versions of Kubernetes that the documentation names are those that are built and tried.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kubernetesVersion, oldestKubernetesVersion } from '../lab/go-modules.ts'

const root = join(import.meta.dirname, '..', '..')
const minorOf = (version: string) => version.split('.').slice(0, 2).join('.').slice(1)

test('README and the page of compatibility name the oldest version, and that page the one of the lab', () => {
  const [oldest, lab] = [oldestKubernetesVersion(), kubernetesVersion()].map(minorOf)
  const [readme, compatibility] = ['README.md', 'docs/compatibility.md'].map(file => readFileSync(join(root, file), 'utf8'))
  expect(readme).toContain(`Kubernetes ${oldest} or newer`)
  expect(compatibility).toContain(`| Oldest supported | ${oldest} |`)
  expect(compatibility).toContain(`| Tried with | ${oldest} and ${lab},`)
})
