import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import sirv from 'sirv'
import { WebSocketServer } from 'ws'
import type { App } from '../../app.ts'
import { MAX_MESSAGE_BYTES } from '../../rpc/owner-socket.ts'
import { serveSocket } from '../../rpc/serve.ts'
import { Gate } from './gate.ts'
import { sendDownload } from './send-download.ts'

/** Nothing from elsewhere, no inline script; styles that components set on elements are allowed. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** The renderer and its calls on a loopback port; port 0 picks a free one. */
export async function serveRenderer(
  desk: Pick<App, 'router' | 'takeDownload'>,
  options: {
    rendererFolder: string
    port: number
    sessionKey: string
    onAddress: (address: string) => void
  },
): Promise<{ port: number; close(): Promise<void> }> {
  const files = sirv(options.rendererFolder, { etag: true, dev: false })
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const gate = new Gate(port, options.sessionKey)

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    const admission = gate.admit(request)
    if (admission.state === 'refused') return refuse(response, admission)
    if (admission.state === 'exchange') {
      response.writeHead(303, { 'Set-Cookie': admission.cookie, Location: '/' }).end()
      return options.onAddress(gate.address)
    }
    void sendDownload(desk, request.url ?? '', response).then((isSent) => {
      if (isSent) return
      files(request, response, () => {
        response.writeHead(404).end('There is no such page.')
      })
    })
  })

  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    const isOurs = request.url === '/rpc' && request.headers.origin !== undefined
    if (!isOurs || gate.admit(request).state !== 'admitted') {
      // Whoever asked may be gone before it hears the answer.
      socket.on('error', () => {})
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => serveSocket(desk, webSocket))
  })

  options.onAddress(gate.address)
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function refuse(
  response: ServerResponse,
  { status, reason }: { status: number; reason: string },
): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${reason}\n`)
}
