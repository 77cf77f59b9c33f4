// What a tracked file must not say: folders of the machine it was written on, hosts it got its packages from.

export interface Leak {
  /** From 1. */
  readonly line: number
  readonly what: string
}

// A home folder or a workspace, with something in it.
const machinePath = /(?<![\w.$}-])\/(?:work|root|home\/[\w.-]+|Users\/[\w.-]+)\/[\w.-]+/g

/** The hosts this machine gets packages from: by the environment and npm's configuration. */
export function packageHosts(
  env: Readonly<Record<string, string | undefined>>,
  npmRegistry: string | undefined,
): readonly string[] {
  const settings = [npmRegistry, env['npm_config_registry'], env['GOPROXY'], env['GONOSUMDB'], env['PIP_INDEX_URL']]
  const hosts = settings
    .flatMap(setting => (setting ?? '').split(/[,|]/))
    .flatMap(url => (URL.canParse(url) ? [new URL(url).host] : []))
  return [...new Set(hosts)].filter(host => host !== '' && !/^(localhost|127\.)/.test(host))
}

/** The leaks of one file, in the order of its lines. A lock file says what packages are, by their hashes, not where they were. */
export function findLeaks(content: string, hosts: readonly string[]): readonly Leak[] {
  return content.split('\n').flatMap((text, index) => {
    const resolved = /"resolved": "https?:\/\/([^/"]+)/.exec(text)?.[1]
    const found = [
      ...[...text.matchAll(machinePath)].map(match => `path of a machine: ${match[0]}`),
      ...hosts.filter(host => text.includes(host)).map(host => `package host: ${host}`),
      ...(resolved === undefined || hosts.includes(resolved) ? [] : [`package host: ${resolved}`]),
    ]
    return found.map(what => ({ line: index + 1, what }))
  })
}
