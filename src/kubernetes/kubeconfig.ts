// Credentials of a kubeconfig: certificates, tokens, exec plugins and the rest, as client-node understands them.
import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { dirname, resolve } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Clock } from './clock.ts'
import type { Credentials, Identity, TlsIdentity } from './credentials.ts'
import { CredentialsError, messageOf } from './errors.ts'
import { cachedIdentity, generationOf } from './identity.ts'

export interface KubeconfigOptions {
  readonly clock: Clock
  /** Merged as kubectl does: the first that names a thing wins. */
  readonly files: readonly string[]
  readonly context?: string | undefined
}

export async function kubeconfigCredentials({ clock, files, context }: KubeconfigOptions): Promise<Credentials> {
  let config = await load(files, context)
  let stale = false
  const cluster = config.getCurrentCluster()
  const server = cluster?.server?.replace(/\/+$/, '')
  if (!cluster || !server) {
    throw new CredentialsError(`${files.join(', ')} names no cluster for context ${config.getCurrentContext() || '(none)'}`, {
      remedy: 'choose a context with --context or kubectl config use-context',
    })
  }
  if (cluster.proxyUrl) {
    throw new CredentialsError(`${files.join(', ')} asks for the proxy ${cluster.proxyUrl}, which is not supported`, {
      remedy: 'use a kubeconfig without proxy-url',
    })
  }
  const cache = cachedIdentity(clock, async () => {
    // Client-node keeps tokens and exec answers inside the config; a new config is how it forgets them.
    if (stale) config = await load(files, context)
    stale = false
    return readIdentity(config, server)
  })
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? undefined,
    current: () => cache.current(),
    invalidate() {
      stale = true
      cache.invalidate()
    },
  }
}

async function load(files: readonly string[], context: string | undefined): Promise<KubeConfig> {
  // Loaded only when needed, and past the package's index, which would load the client of every API there is.
  const library = await import('@kubernetes/client-node/dist/config.js')
  const config = new library.KubeConfig()
  try {
    for (const [position, file] of files.entries()) {
      const one = position === 0 ? config : new library.KubeConfig()
      one.loadFromFile(file)
      await addTokenFiles(one, file)
      if (position > 0) mergeMissing(config, one)
    }
  } catch (cause) {
    throw new CredentialsError(`cannot read the kubeconfig ${files.join(', ')}: ${whyUnreadable(cause)}`, {
      remedy: 'set KUBECONFIG or pass --kubeconfig',
      cause,
    })
  }
  if (context !== undefined) config.setCurrentContext(context)
  return config
}

function whyUnreadable(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'there is no such file' : messageOf(cause)
}

/** Kubeconfigs say `tokenFile`, which client-node overlooks; it is handed on in the form that it reads again each minute. */
async function addTokenFiles(config: KubeConfig, file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  if (!text.includes('tokenFile')) return
  const yaml = await import('yaml')
  const content: { readonly users?: readonly { readonly name?: string; readonly user?: { readonly tokenFile?: string } }[] } =
    yaml.parse(text)
  config.users = config.getUsers().map(user => {
    const path = content.users?.find(({ name }) => name === user.name)?.user?.tokenFile
    if (!path) return user
    return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(dirname(file), path) } } }
  })
}

/** KubeConfig.mergeConfig throws on a name that is there already; kubectl lets the first win. */
function mergeMissing(into: KubeConfig, from: KubeConfig): void {
  for (const cluster of from.getClusters()) if (!into.getCluster(cluster.name)) into.addCluster(cluster)
  for (const user of from.getUsers()) if (!into.getUser(user.name)) into.addUser(user)
  for (const context of from.getContexts()) if (!into.getContextObject(context.name)) into.addContext(context)
  if (!into.getCurrentContext()) into.setCurrentContext(from.getCurrentContext())
}

async function readIdentity(config: KubeConfig, server: string): Promise<Identity> {
  // Client-node fills this in: basic credentials as `auth`, everything else as node's TLS options and headers.
  const headers: Record<string, string> = {}
  const options: TlsIdentity & Pick<RequestOptions, 'auth'> & { headers: Record<string, unknown> } = { headers: {} }
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    const user = config.getCurrentUser()
    throw new CredentialsError(`no credentials for ${server} from user ${user?.name ?? '(none)'}: ${messageOf(cause)}`, {
      remedy: user?.exec ? `check that ${user.exec.command} runs by itself` : 'check the user in the kubeconfig',
      cause,
    })
  }
  const { ca, cert, key, servername, rejectUnauthorized, auth } = options
  const tls: TlsIdentity = {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  }
  for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = String(value).trim()
  if (auth) headers['authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`
  return { generation: generationOf(tls), tls, headers }
}
