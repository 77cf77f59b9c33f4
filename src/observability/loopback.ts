// Who is beside this process: what only such may ask needs no other guard.

const loopbackPeers: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** As much of a request as tells where it comes from. */
export interface AskedOver {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: { readonly host?: string | undefined; readonly origin?: string | undefined }
}

/**
 * Whether a request came over loopback and was meant for it. The name in Host must be one of loopback's: a page that a browser
 * got from elsewhere may have its own name resolved to 127.0.0.1, but cannot change what the browser writes into Host.
 */
export function isFromThisMachine({ socket, headers }: AskedOver): boolean {
  if (!loopbackPeers.has(socket.remoteAddress ?? '')) return false
  const host = (headers.host ?? '').replace(/:\d{1,5}$/, '')
  // A browser tells from which page it comes; there is none of ours.
  return loopbackNames.has(host) && headers.origin === undefined
}
