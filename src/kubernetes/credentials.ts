// Who we are and where the API server is: in a cluster from the mounted ServiceAccount, elsewhere from a kubeconfig.

/** What a TLS connection is made with. Equal `generation` means equal content. */
export interface Identity {
  readonly generation: string
  readonly tls: {
    readonly ca?: string | Buffer
    readonly cert?: string | Buffer
    readonly key?: string | Buffer
    readonly servername?: string
    readonly rejectUnauthorized?: boolean
  }
  readonly headers: Readonly<Record<string, string>>
}

export interface Credentials {
  /** Base URL without a trailing slash. */
  readonly server: string
  /** The namespace of the ServiceAccount or of the kubeconfig's context. */
  readonly namespace: string | undefined
  /** The identity to use now. Files are read again when they may have changed; cheap enough to call for every request. */
  current(): Promise<Identity>
  /** The server said 401: forget what is cached, so that the next `current` reads or asks anew. */
  invalidate(): void
}

export interface CredentialsOptions {
  /** A kubeconfig file. Without it: KUBECONFIG, the mounted ServiceAccount, then ~/.kube/config. */
  readonly kubeconfig?: string
  /** A context of the kubeconfig other than its current one. */
  readonly context?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where the ServiceAccount is mounted. */
  readonly serviceAccountDirectory?: string
}

/** Finds the credentials. Throws CredentialsError when there are none. */
export async function loadCredentials(_options: CredentialsOptions = {}): Promise<Credentials> {
  throw new Error('in work')
}
