// A pod for tests: answers every line (TCP, ports 8080 and 8081) and every datagram (UDP, port 5353) with its name and who asks.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'

const name = process.argv[2] ?? ''
const plain = (address: string | undefined) => (address ?? '').replace(/^::ffff:/, '')

const answerLines = (socket: Socket) => {
  const answer = `${name} ${plain(socket.remoteAddress)} ${socket.remotePort}\n`
  socket.on('error', () => {})
  socket.on('data', data => {
    for (const byte of data) if (byte === 10) socket.write(answer)
  })
}
for (const port of [8080, 8081]) createServer(answerLines).listen(port, '::')
const udp = createSocket('udp6')
udp.on('message', (message, from) =>
  udp.send(`${message.toString()} ${name} ${plain(from.address)} ${from.port}`, from.port, from.address),
)
udp.bind(5353, '::', () => process.send?.('ready'))
