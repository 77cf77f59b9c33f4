// Every message names the object, the value and the remedy: no text that is the same for everybody is told of anything that is wrong.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conditionMessage } from './conditions.ts'
import { type Reason, reasons } from './reasons.ts'

const root = join(import.meta.dirname, '..', '..')
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are exactly these
const all = Object.keys(reasons) as readonly Reason[]

test.each(all)('%s says in sentences what it means and what to do, and a condition of it ends with that', reason => {
  const { meaning, remedy } = reasons[reason]
  for (const text of [meaning, remedy]) expect(text).toMatch(/^(?:[A-Z]|kube-proxy ).*[.]$/s)
  expect(meaning).not.toBe(remedy)
  const message = conditionMessage({ reason, message: 'Service shop/web asks for 10.9.9.9.' })
  expect(message).toBe(`Service shop/web asks for 10.9.9.9. ${remedy}`)
})

/** Constants that name all there is to name, or tell that nothing is wrong. */
const nothingToName: ReadonlySet<string> = new Set([
  // What was there is gone.
  'Nothing is left.',
  'Nothing is left outside.',
  // Of a condition that is False, which is good.
  'The announce rules leave somebody to announce.',
  'No node is known to be set up against announcing.',
  // The condition of a NodeReport that is well.
  'Serves its own pods for addresses with pod targets.',
  // The report is that of one node, and kube-proxy is what is in the way there.
  'kube-proxy uses IPVS and keeps every address on the node itself, so packets are never sent on. Use its mode nftables or iptables.',
  // The condition is told by the gateway's own.
  '',
  // Both annotations are named, and what to do is their remedy.
  'weir.dev/share-with-namespaces has no effect without weir.dev/allow-shared-ip.',
  'Annotations canary-* have no effect without canary: "true".',
  'TLS ports are named, but no certificates: the listeners are TCP.',
  'The Service needs IPv6, and the load balancer is ipv4.',
  'The load balancer of a group cannot be one that is taken over.',
  'There is no LoadBalancerClass.',
])

/** The reason and the whole message stand together as literals: nothing of the object can be in it. */
const literals = [
  /reason(?:: '[A-Z]\w+'| as const|),\s*message:\s*'([^']*)'/g,
  /\b(?:blocks|warns|problem|warning|refused)\(\s*'[A-Z]\w+',\s*'([^']*)'/g,
]

test('no message of a condition or an event is the same for every object', () => {
  const files = globSync('{src,providers}/**/*.ts', { cwd: root }).filter(
    file => !/\.test\.ts$|under-test|^src\/cli\/|examples/.test(file),
  )
  const constants = files.flatMap(file => {
    const text = readFileSync(join(root, file), 'utf8')
    return literals.flatMap(pattern => [...text.matchAll(pattern)].map(([, message = '']) => ({ file, message })))
  })
  expect(constants.length).toBeGreaterThan(5)
  expect(constants.filter(({ message }) => !nothingToName.has(message))).toEqual([])
})
