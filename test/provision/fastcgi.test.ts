import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { callFastCgi, type FastCgiCall } from '../../provision/system/fastcgi.ts'
import { end, type FastCgiServer, startFastCgi, stderr, stdout } from '../support/fastcgi-server.ts'

let server: FastCgiServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function ask(
  answer: (socket: Socket) => void,
  call: Partial<FastCgiCall> = {},
): Promise<{ output: string; status: number; errors: string }> {
  server = await startFastCgi(answer)
  let output = ''
  const ended = await callFastCgi({
    socket: server.socket,
    params: {},
    signal: new AbortController().signal,
    onOutput: (bytes) => void (output += bytes.toString()),
    ...call,
  })
  return { output, ...ended }
}

const HEAD = 'Content-type: text/html\r\n\r\n'

describe('a FastCGI call', () => {
  test('brings parameters and body, also long ones', async () => {
    const long = 'x'.repeat(70_000)
    await ask((socket) => socket.write(Buffer.concat([stdout(`${HEAD}fine`), end()])), {
      params: { SCRIPT_FILENAME: '/a.php', LONG: long },
      body: `{"a":"${long}"}`,
    })
    expect(server?.asked()).toEqual({
      params: { SCRIPT_FILENAME: '/a.php', LONG: long },
      body: `{"a":"${long}"}`,
    })
  })

  test('gives what is behind the head, its status, and what was logged', async () => {
    const answer = Buffer.concat([
      stdout(`Status: 500 Bad\r\n${HEAD}one`),
      stderr('a complaint'),
      stdout(' two'),
      end(),
    ])
    expect(await ask((socket) => socket.write(answer))).toEqual({
      output: 'one two',
      status: 500,
      errors: 'a complaint',
    })
  })

  test('is read the same however the bytes are cut', async () => {
    const answer = Buffer.concat([stdout(HEAD), stdout('some output'), end()])
    const { output } = await ask((socket) => {
      socket.setNoDelay(true)
      const send = (at: number): void => {
        if (at < answer.length)
          socket.write(answer.subarray(at, at + 1), () => setImmediate(send, at + 1))
      }
      send(0)
    })
    expect(output).toBe('some output')
  })

  test('that ends in the middle is no answer', async () => {
    const half = ask((socket) => socket.end(stdout(`${HEAD}half`)))
    await expect(half).rejects.toMatchObject({ code: 'PROVISION_PHP_FAILED' })
  })

  test('to nobody says that PHP-FPM does not run', async () => {
    const call = ask(() => {}, { socket: '/nonexistent/socket' })
    await expect(call).rejects.toMatchObject({ code: 'PROVISION_PHP_STOPPED' })
  })

  test('is given up after the silence it may have', async () => {
    const call = ask((socket) => socket.write(stdout(`${HEAD}…`)), { silenceMs: 30 })
    await expect(call).rejects.toMatchObject({ code: 'PROVISION_PHP_SILENT' })
  })

  test('can be cancelled', async () => {
    const stop = new AbortController()
    const call = ask(() => stop.abort(), { signal: stop.signal })
    await expect(call).rejects.toMatchObject({ code: 'PROVISION_CANCELLED' })
  })
})
