// Asks the instance the controller runs on for its region and VPC (IMDSv2: "Use IMDS", Amazon EC2 user guide).

/** Reads one path below /latest/meta-data/; undefined when there is no such thing. Rejects when the service cannot be reached. */
export interface InstanceMetadata {
  get(path: string, signal: AbortSignal): Promise<string | undefined>
}

/** As `fetch` of the platform. */
export type Fetch = (
  url: string,
  init: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string> }>

const tokenSeconds = 60
const timeoutMs = 2000

/** `endpoint` as AWS_EC2_METADATA_SERVICE_ENDPOINT has it. */
export function instanceMetadata(fetch: Fetch, endpoint = 'http://169.254.169.254'): InstanceMetadata {
  const base = endpoint.replace(/\/+$/, '')
  const call = async (method: string, path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    if (answer.status === 404) return undefined
    if (!answer.ok) throw new Error(`the instance metadata service answers ${answer.status} to ${path}`)
    return (await answer.text()).trim()
  }
  return {
    async get(path, signal) {
      const token = await call(
        'PUT',
        '/latest/api/token',
        { 'x-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) },
        signal,
      )
      return call('GET', `/latest/meta-data/${path}`, token === undefined ? {} : { 'x-aws-ec2-metadata-token': token }, signal)
    },
  }
}
