import { createReadStream } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Change } from '#shared/contract/app.ts'
import { routerOf, type FakeDesk } from './fake-router.ts'

export interface FakeMain {
  address: string
  desk: FakeDesk
  tell: (change: Change) => void
  /** Cuts every connection of the page. */
  cut: () => void
  close: () => Promise<void>
}

const RENDERER = fileURLToPath(new URL('../../dist/renderer', import.meta.url))
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

/** The built renderer over a contract that answers from arrays, on a loopback port, with the shells' content policy. */
export async function serveFakeMain(desk: FakeDesk): Promise<FakeMain> {
  const listeners = new Set<(change: Change) => void>()
  const handler = new RPCHandler(routerOf(desk, listeners))
  const server = createServer((request, response) => sendFile(request.url ?? '/', response))
  const sockets = new WebSocketServer({ server, path: '/rpc' })
  sockets.on('connection', (socket: WebSocket) => void handler.upgrade(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => sockets.clients.forEach((socket) => socket.terminate())
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    desk,
    tell: (change) => listeners.forEach((listener) => listener(change)),
    cut,
    close: async () => {
      cut()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
}

function sendFile(url: string, response: ServerResponse): void {
  const name = url === '/' ? '/index.html' : (url.split('?')[0] ?? '')
  const file = path.join(RENDERER, path.normalize(name))
  response.setHeader('Content-Security-Policy', POLICY)
  response.setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream')
  createReadStream(file)
    .on('error', () => response.writeHead(404).end())
    .pipe(response)
}
