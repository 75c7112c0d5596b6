import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import ssh2, { type AuthContext, type Prompt } from 'ssh2'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../../../main/lib/secret.ts'
import type { Credential } from '../../../main/ssh/credentials.ts'
import { dial, resolveHost } from '../../../main/ssh/dial.ts'
import { handshake, type HandshakeParts } from '../../../main/ssh/handshake.ts'
import { toPublicKey } from '../../../main/ssh/host-key.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

const hostKeys = ssh2.utils.generateKeyPairSync('ed25519')
const parsed = ssh2.utils.parseKey(hostKeys.public)
if (parsed instanceof Error) throw parsed
const known = toPublicKey(parsed.getPublicSSH())

/** An SSH server in this process that lets in whom `admit` says. */
async function serve(admit: (context: AuthContext) => void): Promise<number> {
  const inner = new ssh2.Server({ hostKeys: [hostKeys.private] }, (client) => {
    client.on('authentication', admit)
    client.on('error', () => {})
  })
  const server = createServer((socket) => inner.injectSocket(socket))
  return listen(server)
}

const secret = (text: string): Secret => new Secret(text)

async function logIn(
  port: number,
  credentials: Credential[],
  changed: Partial<HandshakeParts> = {},
): Promise<string> {
  const { socket } = await dial('127.0.0.1', port, ['127.0.0.1'], {
    timeoutMs: 2000,
    signal: undefined,
  })
  socket.on('error', () => {})
  try {
    const client = await handshake({
      socket,
      host: '127.0.0.1',
      port,
      user: 'me',
      credentials: () => Promise.resolve(credentials),
      knownKeys: { own: [known], known: [], revoked: [] },
      timeoutMs: 3000,
      ...changed,
    })
    client.end()
    return 'in'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    socket.destroy()
  }
}

const answering =
  (prompts: Prompt[], isRight: (answers: string[]) => boolean) =>
  (context: AuthContext): void => {
    if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive'])
    context.prompt(prompts, (answers) => (isRight(answers) ? context.accept() : context.reject()))
  }

describe('a login', () => {
  test('answers the one question of keyboard-interactive with the password', async () => {
    const port = await serve(
      answering([{ prompt: 'Password: ', echo: false }], ([one]) => one === 'right'),
    )
    expect(await logIn(port, [{ type: 'keyboard-interactive', password: secret('right') }])).toBe(
      'in',
    )
    expect(await logIn(port, [{ type: 'keyboard-interactive', password: secret('wrong') }])).toBe(
      'ssh.auth-failed',
    )
  })

  test('by password goes over to keyboard-interactive where the server wants that', async () => {
    const port = await serve(
      answering([{ prompt: 'Password: ', echo: false }], ([one]) => one === 'right'),
    )
    const password = secret('right')
    expect(
      await logIn(port, [
        { type: 'password', password },
        { type: 'keyboard-interactive', password },
      ]),
    ).toBe('in')
  })

  test('gives the password to no second question', async () => {
    const seen: string[][] = []
    const prompts = [
      { prompt: 'Password: ', echo: false },
      { prompt: 'Code: ', echo: false },
    ]
    const port = await serve(answering(prompts, (answers) => seen.push(answers) < 0))
    expect(await logIn(port, [{ type: 'keyboard-interactive', password: secret('right') }])).toBe(
      'ssh.auth-failed',
    )
    expect(seen).toEqual([['right', '']])
  })

  test('proves nothing to a host whose key is not known', async () => {
    const tried: string[] = []
    const port = await serve((context) => {
      tried.push(context.method)
      context.accept()
    })
    let isAsked = false
    const credentials = (): Promise<Credential[]> => {
      isAsked = true
      return Promise.resolve([])
    }
    const knownKeys = { own: [], known: [], revoked: [] }
    expect(await logIn(port, [], { knownKeys, credentials })).toBe('ssh.host-key-unknown')
    expect(tried).toEqual([])
    expect(isAsked).toBe(false)
  })
})

describe('what is no SSH server', () => {
  const limit = { timeoutMs: 60_000 }

  test('is told at once where a web server answers', async () => {
    const port = await listen(createHttpServer((_request, response) => response.end('hello')))
    const startedAt = performance.now()
    expect(await logIn(port, [], limit)).toBe('ssh.not-ssh')
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  test.each([
    '220 mail.example.com ESMTP\r\n',
    '+OK ready\r\n',
    '\u0015\u0003\u0001\u0000\u0002\u0002(',
    'x'.repeat(20_000),
  ])('is told at once where it says “%s”', async (greeting) => {
    const port = await listen(
      createServer((socket) => socket.write(Buffer.from(greeting, 'latin1'))),
    )
    expect(await logIn(port, [], limit)).toBe('ssh.not-ssh')
  })

  test('is told by the time limit where it says nothing', async () => {
    const port = await listen(createServer(() => {}))
    expect(await logIn(port, [], { timeoutMs: 100 })).toBe('ssh.timeout')
  })

  test('is unreachable where it hangs up at once', async () => {
    const port = await listen(createServer((socket) => socket.destroy()))
    expect(await logIn(port, [], limit)).toBe('ssh.unreachable')
  })
})

describe('dialling', () => {
  const options = { timeoutMs: 2000, signal: undefined }

  test('tries each address of a host', async () => {
    const port = await listen(createServer(() => {}))
    const { socket } = await dial('host', port, ['127.0.0.2', '127.0.0.1'], options)
    socket.destroy()
  })

  test('says where nothing listens', async () => {
    const port = await listen(createServer(() => {}))
    await closers.pop()?.()
    await expect(dial('host', port, ['127.0.0.1'], options)).rejects.toMatchObject({
      code: 'ssh.unreachable',
    })
  })

  test('says where no machine has that name', async () => {
    await expect(resolveHost('no-such-host.invalid')).rejects.toMatchObject({
      code: 'ssh.no-such-host',
    })
  })
})
