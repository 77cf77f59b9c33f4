// What a tracked file must not say: folders of the machine it was written on, hosts of private package mirrors.

export interface Leak {
  /** From 1. */
  readonly line: number
  readonly what: string
}

const publicHosts: ReadonlySet<string> = new Set([
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'proxy.golang.org',
  'goproxy.io',
  'sum.golang.org',
  'pypi.org',
  'registry.k8s.io',
])

// A home folder or a workspace, with something in it.
const machinePath = /(?<![\w.$}-])\/(?:work|root|home\/[\w.-]+|Users\/[\w.-]+)\/[\w.-]+/g

/** The hosts this machine gets packages from, other than the public ones: from the environment and npm's configuration. */
export function mirrorHosts(
  env: Readonly<Record<string, string | undefined>>,
  npmRegistry: string | undefined,
): readonly string[] {
  const settings = [npmRegistry, env['npm_config_registry'], env['GOPROXY'], env['GONOSUMDB'], env['PIP_INDEX_URL']]
  const hosts = settings
    .flatMap(setting => (setting ?? '').split(/[,|]/))
    .flatMap(url => (URL.canParse(url) ? [new URL(url).host] : []))
  return [...new Set(hosts)].filter(host => host !== '' && !publicHosts.has(host) && !/^(localhost|127\.)/.test(host))
}

/** The leaks of one file, in the order of its lines. In a lock file, packages may only come from the public registry. */
export function findLeaks(content: string, mirrors: readonly string[]): readonly Leak[] {
  return content.split('\n').flatMap((text, index) => {
    const resolved = /"resolved": "https?:\/\/([^/"]+)/.exec(text)?.[1]
    const found = [
      ...[...text.matchAll(machinePath)].map(match => `path of a machine: ${match[0]}`),
      ...mirrors.filter(host => text.includes(host)).map(host => `package mirror: ${host}`),
      ...(resolved !== undefined && !publicHosts.has(resolved) ? [`package mirror: ${resolved}`] : []),
    ]
    return found.map(what => ({ line: index + 1, what }))
  })
}
