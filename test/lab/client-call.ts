// Calls an address as a client of the LAN, several times over fresh connections, and prints who answered as JSON.
// node client-call.ts http|udp ADDRESS PORT COUNT [WAIT_MS]: so long it may take until the first good answer, which is not counted.
import { createSocket } from 'node:dgram'
import { get } from 'node:http'
import { isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

type Answer = { readonly pod: string; readonly client: string } | { readonly error: string }

const timeoutMs = 5_000
/** A datagram may be lost: who asks by UDP asks again, as resolvers do. */
const againMs = 1_000

function http(host: string, port: number): Promise<Answer> {
  return new Promise(resolve => {
    const fail = (error: Error) => resolve({ error: error.message })
    const request = get({ host, port, agent: false, timeout: timeoutMs }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const { pod, client }: { pod: string; client: string } = JSON.parse(text)
        resolve({ pod, client })
      })
      response.on('error', fail)
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.on('error', fail)
  })
}

function udp(host: string, port: number): Promise<Answer> {
  return new Promise(resolve => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    const finish = (answer: Answer) => {
      clearTimeout(timer)
      clearInterval(again)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => finish({ error: `no answer within ${timeoutMs} ms` }), timeoutMs)
    socket.on('error', error => finish({ error: error.message }))
    socket.on('message', text => {
      const [pod = '', client = ''] = text.toString().split(' ')
      finish({ pod, client })
    })
    const ask = () => socket.send('who', port, host)
    const again = setInterval(ask, againMs)
    ask()
  })
}

const [protocol, host = '', port, count, waitMs = '0'] = process.argv.slice(2)
const call = () => (protocol === 'udp' ? udp : http)(host, Number(port))
for (const end = performance.now() + Number(waitMs); performance.now() < end; await sleep(50)) if ('pod' in (await call())) break
const answers: Answer[] = []
for (let i = 0; i < Number(count); i++) answers.push(await call())
console.log(JSON.stringify(answers))
