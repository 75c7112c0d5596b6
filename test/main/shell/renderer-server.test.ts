import { connect, type Socket } from 'node:net'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { MAX_MESSAGE_BYTES } from '../../../main/rpc/owner-socket.ts'
import type { DeskRouter } from '../../../main/rpc/router.ts'
import { serveRenderer } from '../../../main/shell/headless/server.ts'
import { eventually } from '../../support/eventually.ts'
import { anId } from '../../support/objects.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SESSION_KEY = 'a-session-key'
const KEY = anId(5)
let backup: string
let web: { port: number; close(): Promise<void> }

beforeEach(async () => {
  const folder = path.join(temporaryFolder(), 'renderer')
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'index.html'), 'the page')
  backup = path.join(folder, '..', 'backup')
  writeFileSync(backup, 'a backup')
  const offered = new Map([[KEY, backup]])
  web = await serveRenderer(
    {
      router: {} as DeskRouter,
      takeDownload(key) {
        const file = offered.get(key)
        offered.delete(key)
        const done = (): Promise<void> => rm(backup)
        return file === undefined ? undefined : { file, name: 'bäckup.tar.gz', done }
      },
    },
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

test('what was fetched for a browser is sent to it once, under its name, and is gone then', async () => {
  const address = `http://127.0.0.1:${web.port}/downloads/${KEY}`
  expect((await fetch(address)).status).toBe(403)
  const headers = { cookie: cookie() }
  const answer = await fetch(address, { headers })
  expect(answer.headers.get('content-disposition')).toBe(
    "attachment; filename*=UTF-8''b%C3%A4ckup.tar.gz",
  )
  expect(await answer.text()).toBe('a backup')
  await eventually(() => expect(existsSync(backup)).toBe(false))
  expect((await fetch(address, { headers })).status).toBe(404)
})
