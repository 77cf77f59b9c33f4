// The lab's sample workload: tells who answered and whose address it saw, over HTTP and UDP. Runs in a Pod without any package.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'

const port = Number(process.env['PORT'] ?? 8080)
const pod = process.env['POD_NAME'] ?? 'unknown'
const node = process.env['NODE_NAME'] ?? 'unknown'
let ready = process.env['READY'] !== 'false'

/** An IPv4 client of a dual-stack socket is seen as ::ffff:a.b.c.d. */
const plain = (address: string | undefined) => (address ?? '').replace(/^::ffff:/, '')

// GET /ready is for the kubelet; PUT /ready and DELETE /ready change the answer.
const server = createServer((request, response) => {
  if (request.url === '/ready') {
    if (request.method === 'PUT') ready = true
    if (request.method === 'DELETE') ready = false
    response.writeHead(ready ? 200 : 503).end(ready ? 'ready\n' : 'not ready\n')
    return
  }
  const client = plain(request.socket.remoteAddress)
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify({ pod, node, client, path: request.url, headers: request.headers })}\n`)
})
server.listen(port)

const socket = createSocket({ type: 'udp6' })
socket.on('message', (_text, from) => socket.send(`${pod} ${plain(from.address)}`, from.port, from.address))
socket.bind(port)

// As process 1 of a container there is no default that ends it.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0))
