// Asks a gateway as a client of the LAN: by its address, with a host of its Ingresses, and prints what came back as JSON.
// node ask-route.ts URL ADDRESS COUNT WAIT_MS [HEADER=VALUE]: so long it may take until the first good answer, which is not counted.
import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

type Answer =
  | { readonly pod: string; readonly client: string }
  | { readonly status: number; readonly location?: string | undefined }
  | { readonly error: string }

const timeoutMs = 8_000

const [url = '', address = '', count, waitMs, header] = process.argv.slice(2)
const { protocol, hostname, pathname } = new URL(url)
const [name, value] = header?.split('=') ?? []

function ask(): Promise<Answer> {
  return new Promise(resolve => {
    const fail = (error: Error) => resolve({ error: error.message })
    const options = {
      host: address,
      port: protocol === 'https:' ? 443 : 80,
      path: pathname,
      headers: { host: hostname, ...(name !== undefined && value !== undefined && { [name]: value }) },
      agent: false,
      timeout: timeoutMs,
      servername: hostname,
      // Which one is shown is looked at below; nobody has signed it.
      rejectUnauthorized: false,
    }
    const request = (protocol === 'https:' ? getSecure : getPlain)(options, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('error', fail)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        if (status !== 200) {
          resolve({ status, location: headers.location })
          return
        }
        const { pod, headers: seen }: { pod: string; headers: Readonly<Record<string, string>> } = JSON.parse(text)
        resolve({ pod, client: seen['x-forwarded-for'] ?? '' })
      })
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.on('error', fail)
  })
}

for (const end = performance.now() + Number(waitMs); performance.now() < end; await sleep(100)) {
  const answer = await ask()
  if ('pod' in answer || ('status' in answer && answer.status < 400)) break
}
const answers: Answer[] = []
for (let i = 0; i < Number(count); i++) answers.push(await ask())
console.log(JSON.stringify(answers))
