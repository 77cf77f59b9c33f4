// The lab's sample workload: tells who answered and whose address it saw, over HTTP and UDP. Runs in a Pod without any package.
// GET /stream tells it ten times a second until the client goes; GET /bytes/N sends N bytes, for packets of full size.
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
  const [, size] = /^\/bytes\/(\d{1,8})$/.exec(request.url ?? '') ?? []
  if (size !== undefined) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(Number(size), pod))
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  if (request.url === '/stream') {
    const telling = setInterval(() => response.write(`${JSON.stringify({ pod, node, client })}\n`), 100)
    response.on('close', () => clearInterval(telling))
    return
  }
  const facts = { pod, node, client, port: request.socket.remotePort, path: request.url, headers: request.headers }
  response.end(`${JSON.stringify(facts)}\n`)
})
server.listen(port)

const socket = createSocket({ type: 'udp6' })
socket.on('message', (_text, from) => socket.send(`${pod} ${plain(from.address)} ${node}`, from.port, from.address))
socket.bind(port)

// As process 1 of a container there is no default that ends it.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0))
