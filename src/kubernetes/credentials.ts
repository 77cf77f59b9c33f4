// Who we are to the API server, and where it is.

/** What a TLS connection is made with. */
export interface TlsIdentity {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

export interface Identity {
  /** Equal when `tls` has equal content: connections made with it may go on being used. */
  readonly generation: string
  readonly tls: TlsIdentity
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
