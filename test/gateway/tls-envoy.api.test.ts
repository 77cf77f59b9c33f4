// TLS and what lives on one connection, through the true Envoy: certificates of clients, HTTP/2, WebSocket, streams, proxies in front.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect as connect2, createServer as createServer2, type ServerHttp2Stream } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readMember } from '../../providers/local/gateway/member.ts'
import { xds } from '../../providers/local/gateway/xds.ts'
import { routingModel } from '../../src/model/routing/build.ts'
import { ingress, resolve } from '../../src/model/routing/examples-under-test.ts'
import { memberKey } from '../../src/model/routing/model.ts'
import { ask, type Asked } from './asking.ts'
import { type Backends, startBackends } from './backends.ts'
import { missingForEnvoy } from './envoy-program.ts'
import { startFixedEnvoy } from './fixed-envoy.ts'

const missing = await missingForEnvoy()
if (missing !== undefined) console.log(`TLS through the true Envoy is skipped: ${missing}`)

const bind = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`
const [http, https, behind] = [
  { port: 23_080, publicPort: 80 },
  { port: 23_443, publicPort: 443 },
  { port: 23_081, publicPort: 80 },
]
const nginx = 'nginx.ingress.kubernetes.io/'

function written(host: string, keys: Readonly<Record<string, string>>, service = 'web') {
  const made = ingress({ name: host, rules: { [host]: { 'Prefix /': service } }, tls: [{ hosts: [host], secretName: 'server' }] })
  const annotations = {
    [`${nginx}ssl-redirect`]: 'false',
    ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [nginx + key, value])),
  }
  return readMember({ ...made, metadata: { ...made.metadata, annotations } }, resolve)
}

const members = [
  written('plain.test', {}),
  written('required.test', { 'auth-tls-secret': 'ca', 'auth-tls-pass-certificate-to-upstream': 'true' }),
  written('optional.test', { 'auth-tls-secret': 'ca', 'auth-tls-verify-client': 'optional' }),
  written('told.test', { 'auth-tls-secret': 'ca', 'auth-tls-verify-client': 'optional_no_ca' }),
  written('page.test', { 'auth-tls-secret': 'ca', 'auth-tls-error-page': 'https://example.com/help' }),
  written('other.test', { 'auth-tls-secret': 'other' }),
  written('absent.test', { 'auth-tls-secret': 'absent' }),
  written('grpc.test', { 'backend-protocol': 'GRPC', 'proxy-body-size': '1k' }, 'grpc'),
]

interface Files {
  readonly key: string
  readonly cert: string
}

/** Authorities, and what they sign; made by openssl. */
function makeCertificates(): Readonly<Record<'ca' | 'other' | 'client' | 'stranger' | 'server', Files>> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-ca-'))
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const self = (name: string, ...more: string[]) =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-days',
      '30',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-subj',
      `/CN=${name}`,
      ...more,
    )
  const signed = (name: string, by: string) => {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    writeFileSync(join(folder, `${name}.ext`), 'extendedKeyUsage=clientAuth\n')
    const files = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`]
    openssl('x509', '-req', '-days', '30', '-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial', ...files)
  }
  try {
    self('ca')
    self('other')
    self('server', '-addext', 'subjectAltName=DNS:*.test')
    signed('client', 'ca')
    signed('stranger', 'other')
    const read = (name: string) => ({
      key: readFileSync(join(folder, `${name}.key`), 'utf8'),
      cert: readFileSync(join(folder, `${name}.crt`), 'utf8'),
    })
    return { ca: read('ca'), other: read('other'), client: read('client'), stranger: read('stranger'), server: read('server') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe.skipIf(missing !== undefined)('Envoy', () => {
  let envoy: AsyncDisposable
  let backends: Backends
  let files: ReturnType<typeof makeCertificates>
  const grpc = createServer2()

  beforeAll(async () => {
    files = makeCertificates()
    backends = await startBackends(['web'], {
      answer: ({ url = '' }, response) => {
        if (!url.startsWith('/stream')) return false
        // Says one thing, and waits for the client to go.
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: first\n\n')
        return true
      },
    })
    grpc.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.pipe(stream)
    })
    grpc.listen(0, '127.0.0.1')
    await once(grpc, 'listening')
    const grpcAddress = grpc.address()
    const grpcPort = typeof grpcAddress === 'object' ? (grpcAddress?.port ?? 0) : 0
    const shared = {
      model: routingModel(members.map(({ routing }) => routing)),
      settings: new Map(members.map(({ routing, settings }) => [memberKey(routing.id), settings])),
    }
    const gateways = [
      { name: 'edge', ...shared, http, https },
      { name: 'behind', ...shared, http: behind, tuning: { trustedHops: 1, headersKiB: 16 } },
    ]
    const resources = xds(gateways, {
      bind,
      // The first of them is nobody: what cannot be reached is tried elsewhere.
      targets: ({ name }) =>
        ['127.0.0.2', '127.0.0.1'].map(address => ({
          address,
          port: name === 'grpc' ? grpcPort : (backends.port('web') ?? 0),
          terminating: false,
        })),
      certificate: ({ name }) => (name === 'server' ? { chain: files.server.cert, key: files.server.key } : undefined),
      authorities: ({ name }) => (name === 'ca' ? files.ca.cert : name === 'other' ? files.other.cert : undefined),
    })
    envoy = await startFixedEnvoy(resources)
  }, 600_000)

  afterAll(async () => {
    await envoy?.[Symbol.asyncDispose]()
    await backends?.[Symbol.asyncDispose]()
    grpc.close()
  })

  const get = (
    host: string,
    show?: 'client' | 'stranger',
    { servername = host, ...asked }: Asked & { servername?: string } = {},
  ) => ask({ address: bind, port: https.port }, host, '/', { ...asked, tls: { servername, ...(show ? files[show] : {}) } })

  test.each([
    ['plain.test', undefined, 200, undefined],
    ['plain.test', 'client', 200, undefined],
    ['required.test', undefined, 400, undefined],
    ['required.test', 'client', 200, 'SUCCESS'],
    ['required.test', 'stranger', 400, undefined],
    ['optional.test', undefined, 200, 'NONE'],
    ['optional.test', 'client', 200, 'SUCCESS'],
    ['optional.test', 'stranger', 400, undefined],
    ['told.test', undefined, 200, 'NONE'],
    ['told.test', 'client', 200, 'SUCCESS'],
    ['told.test', 'stranger', 200, 'FAILED'],
    ['page.test', undefined, 302, undefined],
    ['page.test', 'client', 200, 'SUCCESS'],
    ['other.test', 'client', 400, undefined],
    ['other.test', 'stranger', 200, 'SUCCESS'],
    ['absent.test', 'client', 503, undefined],
  ] as const)('%s with the certificate of %s: %i, and the backend is told %s', async (host, show, status, told) => {
    const { seen, ...answer } = await get(host, show, {
      headers: { 'ssl-client-verify': 'SUCCESS', 'ssl-client-cert': 'forged' },
    })
    expect([answer.status, seen?.headers['ssl-client-verify']]).toEqual([status, told])
    if (told === 'SUCCESS') expect(seen?.headers['ssl-client-subject-dn']).toBe(`CN=${show}`)
    const passed = decodeURIComponent(seen?.headers['ssl-client-cert'] ?? '')
    expect(passed).toBe(host === 'required.test' && show ? (status === 200 ? files[show].cert : '') : '')
  })

  test('a certificate is good only for the host that TLS was asked for', async () => {
    expect((await get('required.test', 'client', { servername: 'plain.test' })).status).toBe(400)
    expect((await get('other.test', 'client', { servername: 'required.test' })).status).toBe(421)
    expect((await get('required.test', 'stranger', { servername: 'other.test' })).status).toBe(421)
  })

  test('plain HTTP is no way around a certificate', async () => {
    const { status } = await ask({ address: bind, port: http.port }, 'required.test', '/', {
      headers: { 'x-forwarded-proto': 'https' },
    })
    expect(status).toBe(400)
  })

  test('HTTP/2 is offered first, TLS before 1.2 not at all', async () => {
    const protocol = await new Promise(resolve => {
      const options = {
        host: bind,
        port: https.port,
        servername: 'plain.test',
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1', 'h2'],
      }
      const socket = connectTls(options, () => {
        resolve(`${socket.alpnProtocol} ${socket.getProtocol()}`)
        socket.destroy()
      })
      socket.on('error', resolve)
    })
    expect(protocol).toBe('h2 TLSv1.3')
    const old = await new Promise(resolve => {
      const options = {
        host: bind,
        port: https.port,
        servername: 'plain.test',
        rejectUnauthorized: false,
        ciphers: 'ALL@SECLEVEL=0',
      }
      const socket = connectTls({ ...options, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }, () => resolve('connected'))
      socket.on('error', () => resolve('refused'))
    })
    expect(old).toBe('refused')
  })

  test('a request by HTTP/2 comes to a backend that knows only HTTP/1.1', async () => {
    const session = connect2(`https://${bind}:${https.port}`, { servername: 'plain.test', rejectUnauthorized: false })
    const text = await new Promise<string>((resolve, reject) => {
      session.on('error', reject)
      const stream = session.request({ ':path': '/x', ':authority': 'plain.test' })
      let body = ''
      stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
      stream.on('end', () => resolve(body))
      stream.on('error', reject)
    })
    session.destroy()
    expect(JSON.parse(text)).toMatchObject({
      backend: 'web',
      url: '/x',
      headers: { 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
    })
  })

  test('a stream comes as it is written, before it ends', async () => {
    const first = await new Promise((resolve, reject) => {
      const sent = request({ host: bind, port: http.port, path: '/stream', headers: { host: 'plain.test' } }, response => {
        response.once('data', (chunk: Buffer) => {
          resolve(chunk.toString())
          sent.destroy()
        })
      })
      sent.on('error', reject)
      sent.end()
    })
    expect(first).toBe('data: first\n\n')
  })

  test('WebSocket needs no setting, and lasts', async () => {
    const heard = await new Promise<readonly string[]>((resolve, reject) => {
      const lines: string[] = []
      const socket = connect(http.port, bind, () =>
        socket.write(
          'GET /socket HTTP/1.1\r\nHost: plain.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
        ),
      )
      let text = ''
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (lines.length === 0 && text.includes('\r\n\r\n')) {
          lines.push(text.split('\r\n')[0] ?? '')
          text = ''
          socket.write('over and out')
        } else if (text === 'over and out') {
          resolve([...lines, text])
          socket.destroy()
        }
      })
      socket.on('error', reject)
    })
    expect(heard).toEqual(['HTTP/1.1 101 Switching Protocols', 'over and out'])
  })

  test('gRPC comes with its trailers, also what a client streams', async () => {
    const session = connect2(`https://${bind}:${https.port}`, { servername: 'grpc.test', rejectUnauthorized: false })
    const answer = await new Promise<readonly unknown[]>((resolve, reject) => {
      session.on('error', reject)
      const stream = session.request({
        ':method': 'POST',
        ':path': '/echo.Echo/Talk',
        ':authority': 'grpc.test',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      let [body, status]: [string, unknown] = ['', undefined]
      stream.on('trailers', trailers => (status = trailers['grpc-status']))
      stream.on('data', (chunk: Buffer) => {
        body += chunk.toString()
        // What was said first has come back before the client has said all.
        if (body === 'one') stream.end('two')
      })
      stream.on('end', () => resolve([body, status]))
      stream.on('error', reject)
      stream.write('one')
    })
    session.destroy()
    expect(answer).toEqual(['onetwo', '0'])
  })

  test('headers that are too many are refused, and so is what is no HTTP', async () => {
    const at = { address: bind, port: http.port }
    expect((await ask(at, 'plain.test', '/', { headers: { big: 'x'.repeat(70 * 1024) } })).status).toBe(431)
    expect((await ask({ ...at, port: behind.port }, 'plain.test', '/', { headers: { big: 'x'.repeat(17 * 1024) } })).status).toBe(
      431,
    )
    const raw = await new Promise<string>(resolve => {
      const socket = connect(http.port, bind, () =>
        socket.write('GET / HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
      )
      socket.once('data', (chunk: Buffer) => {
        resolve(chunk.toString().split('\r\n')[0] ?? '')
        socket.destroy()
      })
      socket.on('error', () => resolve('closed'))
    })
    expect(raw).toBe('HTTP/1.1 400 Bad Request')
  })

  test('a proxy in front is believed where the class says there is one', async () => {
    const forwarded = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' }
    const [edge, trusted] = await Promise.all(
      [http.port, behind.port].map(port => ask({ address: bind, port }, 'plain.test', '/', { headers: forwarded })),
    )
    expect([edge?.seen?.headers['x-real-ip'], edge?.seen?.headers['x-forwarded-proto']]).toEqual(['127.0.0.1', 'http'])
    expect([trusted?.seen?.headers['x-real-ip'], trusted?.seen?.headers['x-forwarded-proto']]).toEqual(['192.0.2.7', 'https'])
  })

  test('a pod that nobody reaches costs no request', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => ask({ address: bind, port: http.port }, 'plain.test', '/', { body: 'x' })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })
})
