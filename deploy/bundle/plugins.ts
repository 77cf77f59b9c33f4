// What esbuild must be told about our dependencies: how the addon is found, and which parts of them nobody runs.
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { transformSync } from 'esbuild'
import type { Plugin } from 'esbuild'
import { addonName } from './native-addon.ts'

/** koffi loads the addon that lies beside the bundle, instead of searching node_modules. */
export function addonBeside(): Plugin {
  return {
    name: 'addon-beside',
    setup(build) {
      build.onLoad({ filter: /\/koffi\/src\/koffi\/src\/static\.c?js$/ }, () => ({
        contents: [
          `import { createRequire } from 'node:module'`,
          `export const loadStatic = () => createRequire(import.meta.url)('./${addonName}')`,
        ].join('\n'),
      }))
    },
  }
}

/**
 * We take configuration and credentials from client-node and nothing else, but its two indexes import every model, tar,
 * WebSocket and JSONPath. They are replaced by the part that configuration needs; a name beyond it fails the build. It sends its
 * own requests through undici, half of a bundle; ours go another way, so what it would call says that it is not there.
 */
export function lightClientNode(): Plugin {
  const indexes: Readonly<Record<string, readonly string[]>> = {
    'dist/index.js': ['./config.js', './config_types.js'],
    'dist/gen/index.js': ['./http/http.js', './auth/auth.js', './configuration.js', './servers.js'],
  }
  return {
    name: 'light-client-node',
    setup(build) {
      build.onLoad({ filter: /\/@kubernetes\/client-node\/dist\/(gen\/)?index\.js$/ }, args => {
        const parts = Object.entries(indexes).find(([path]) => args.path.endsWith(`client-node/${path}`))?.[1]
        return parts && { contents: parts.map(part => `export * from '${part}'`).join('\n') }
      })
      build.onResolve({ filter: /^undici$/ }, args =>
        args.importer.includes('/@kubernetes/client-node/') ? { path: 'undici', namespace: 'absent' } : undefined,
      )
      build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
        contents: ['Agent', 'ProxyAgent', 'fetch']
          .map(name => `export function ${name}() { throw new Error('the bundle has no ${name} of undici') }`)
          .join('\n'),
      }))
    },
  }
}

/**
 * The AWS SDK describes every operation of a service by lists of names. Computed keys in them could have effects, for all that
 * esbuild knows, so it keeps all; told that they have none, it keeps those of the operations that are used.
 */
export function lightAwsSdk(): Plugin {
  return {
    name: 'light-aws-sdk',
    setup(build) {
      build.onLoad({ filter: /\/@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_\d+\.js$/ }, args => ({
        contents: readFileSync(args.path, 'utf8').replaceAll(
          /^((?:export )?(?:var|const) \S+ = )(\[[\s\S]*?\]);$/gm,
          (_all, name: string, list: string) => `${name}/* @__PURE__ */ (() => ${list})();`,
        ),
      }))
    },
  }
}

/**
 * Modules of Node are asked for by process.getBuiltinModule. An import statement reads every property of a module to make
 * its list of exports, and some of those load half of Node when read: `http` its WebSocket, and with it undici.
 */
export function builtinsAsTheyAre(): Plugin {
  const names = new Set(builtinModules)
  return {
    name: 'builtins-as-they-are',
    setup(build) {
      build.onResolve({ filter: /^[a-z]/ }, ({ path }) =>
        path.startsWith('node:') || names.has(path) ? { path, namespace: 'builtin' } : undefined,
      )
      build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      }))
    },
  }
}

/** Envoy's definitions are read from a package that only development has; what was read becomes a part of the program. */
export function bakedDefinitions(): Plugin {
  return {
    name: 'baked-definitions',
    setup(build) {
      build.onLoad({ filter: /\/gateway\/protocol\/definitions\.ts$/ }, async args => {
        const { readDefinitions }: { readonly readDefinitions: () => object } = await import(args.path)
        const text = JSON.stringify(JSON.stringify(readDefinitions()))
        return { contents: `export const readDefinitions = () => JSON.parse(${text})` }
      })
    },
  }
}

/** The files that the page sends to browsers are read from its folder; what was read becomes a part of the program. */
export function bakedAssets(): Plugin {
  return {
    name: 'baked-assets',
    setup(build) {
      build.onLoad({ filter: /\/src\/page\/assets\.ts$/ }, async args => {
        const { readAssets }: { readonly readAssets: (strip: (source: string) => string) => object } = await import(args.path)
        const strip = (source: string) => transformSync(source, { loader: 'ts', target: 'es2024', minify: true }).code
        const text = JSON.stringify(JSON.stringify(readAssets(strip)))
        return { contents: `export const readAssets = () => JSON.parse(${text})` }
      })
    },
  }
}

/**
 * Two things in our own sources read differently in a bundle.
 *
 * `new URL('./worker.ts', import.meta.url)` names another program where Node runs the sources; in the bundle that program is
 * a file beside this one. `import { z } from 'zod'` keeps all of zod with every language of its messages; `import * as z`,
 * which means the same, only what is used.
 */
export function ownSources(root: string, programs: readonly { readonly entry: string; readonly output: string }[]): Plugin {
  return {
    name: 'own-sources',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, args => {
        if (!args.path.startsWith(`${root}/`) || args.path.includes('/node_modules/')) return undefined
        const source = readFileSync(args.path, 'utf8')
        return { contents: besidePrograms(lightZod(source), args.path, root, programs), loader: 'ts' }
      })
    },
  }
}

function lightZod(source: string): string {
  return source.replaceAll(/\bimport \{ z \} from 'zod'/g, "import * as z from 'zod'")
}

function besidePrograms(
  source: string,
  path: string,
  root: string,
  programs: readonly { readonly entry: string; readonly output: string }[],
): string {
  return source.replaceAll(/new URL\(\s*'(\.{1,2}\/[^']+\.ts)',\s*import\.meta\.url,?\s*\)/g, (_all, relative: string) => {
    const target = join(dirname(path), relative)
    const program = programs.find(each => join(root, each.entry) === target)
    if (!program) throw new Error(`${path} names ${relative}, which is no program of the bundle`)
    return `new URL('./${program.output}', import.meta.url)`
  })
}
