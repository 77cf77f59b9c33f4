// How labs are named, and how a hint names the one it means.
import { expect, test } from 'vitest'
import { checkLabName, nameFlag } from './lab.ts'

test('a name that cannot be part of a folder or a namespace is refused with what can', () => {
  expect(() => checkLabName('Blue_Lab')).toThrow('"Blue_Lab" cannot name a lab: small letters, digits and dashes.')
  expect(() => checkLabName('blue-2')).not.toThrow()
})

test('hints name a lab that has a name of its own', () => {
  expect(`npm run lab -- ${nameFlag('blue')}down`).toBe('npm run lab -- --name blue down')
  expect(`npm run lab -- ${nameFlag('lab')}down`).toBe('npm run lab -- down')
})
