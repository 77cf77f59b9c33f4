// `npm run build`: writes dist/, everything an image needs besides Node, and prints what it weighs.
import { relative } from 'node:path'
import { styleText } from 'node:util'
import { bundle, BundleError, root } from './bundle/bundle.ts'

const started = performance.now()
try {
  const built = await bundle()
  for (const file of built) {
    const largest = file.largest.map(([name, bytes]) => `${name} ${kilobytes(bytes)}`).join(', ')
    console.log(`${relative(root, file.path).padEnd(28)} ${kilobytes(file.bytes).padStart(8)}  ${largest}`)
  }
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
} catch (error) {
  if (!(error instanceof BundleError)) throw error
  console.error(styleText('red', `weir: ${error.message}`))
  process.exitCode = 1
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`
}
