import { connect, type Socket } from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { MAX_MESSAGE_BYTES } from '../../../main/rpc/owner-socket.ts'
import type { DeskRouter } from '../../../main/rpc/router.ts'
import { serveRenderer } from '../../../main/shell/headless/server.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SESSION_KEY = 'a-session-key'
let web: { port: number; close(): Promise<void> }

beforeEach(async () => {
  const folder = path.join(temporaryFolder(), 'renderer')
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'index.html'), 'the page')
  web = await serveRenderer(
    { router: {} as DeskRouter },
    { rendererFolder: folder, port: 0, sessionKey: SESSION_KEY, onAddress: () => undefined },
  )
})
afterEach(() => web.close())

const cookie = (): string => `hosting-desk-${web.port}=${SESSION_KEY}`

/** Sends bytes as they are; resolves with the first line of the answer. */
function send(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(web.port, '127.0.0.1', () => socket.write(text))
    socket.once('data', (bytes) => {
      resolve(bytes.toString().split('\r\n')[0] ?? '')
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

const get = (url: string): Promise<string> =>
  send(`GET ${url} HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\n\r\n`)

async function expectServed(): Promise<void> {
  const page = await fetch(`http://127.0.0.1:${web.port}/`, { headers: { cookie: cookie() } })
  expect(await page.text()).toBe('the page')
}

describe('the web server of the headless shell', () => {
  test('goes on after a request for an address that cannot be parsed', async () => {
    for (const url of ['//', '//:', '/%', '/%00'])
      expect(await get(url)).toBe('HTTP/1.1 403 Forbidden')
    await expectServed()
  })

  test('answers addresses that cannot be parsed also to who is let in', async () => {
    const request = (url: string): Promise<string> =>
      send(`GET ${url} HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\nCookie: ${cookie()}\r\n\r\n`)
    for (const url of ['//', '/%', '/%00', '/%2e%2e/', '/..%2f']) await request(url)
    await expectServed()
  })

  test('goes on where who asks for a socket is gone before the answer', async () => {
    for (let at = 0; at < 20; at += 1) {
      await new Promise<void>((resolve) => {
        const socket: Socket = connect(web.port, '127.0.0.1', () => {
          const head = `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\n`
          socket.write(`${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, () =>
            socket.resetAndDestroy(),
          )
        })
        socket.on('close', () => resolve())
      })
    }
    await expectServed()
  })

  test('goes on where a page sends a message that is too large', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${web.port}/rpc`, {
      headers: { cookie: cookie() },
      origin: `http://127.0.0.1:${web.port}`,
    })
    await new Promise<void>((resolve) => socket.once('open', resolve))
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    socket.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1))
    expect(await closed).toBe(1009)
    await expectServed()
  })
})
