import { timingSafeEqual } from 'node:crypto'
import net from 'node:net'
import os from 'node:os'
import type { Readable, Writable } from 'node:stream'
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2'
import { Outlet } from './outlet.ts'
import { spawnShell, type DemoAccount } from './demo-account.ts'
import type { DemoKey } from './demo-keys.ts'

export interface DemoSshParts {
  account: DemoAccount
  hostKey: DemoKey
  /** The one key that may log in. */
  clientKey: DemoKey
}

/** As OpenSSH's MaxSessions and MaxStartups bound a real server. */
const MAX_SESSIONS = 10
const MAX_CONNECTIONS = 16

/**
 * The SSH service of the demo server: `exec` for one key, and nothing else (no terminal, no forwarding, no SFTP).
 * Commands that go on when their channel closes are left alone, as with sshd.
 */
export class DemoSsh {
  readonly #parts: DemoSshParts
  readonly #ssh: ssh2.Server
  readonly #sockets = new Set<net.Socket>()
  readonly #listener: net.Server

  constructor(parts: DemoSshParts) {
    this.#parts = parts
    this.#ssh = new ssh2.Server({ hostKeys: [parts.hostKey.text], ident: 'HostingDeskDemo' })
    this.#ssh.on('connection', (connection) => this.#serve(connection))
    // A listener of our own, since ssh2's leaves Nagle's algorithm on.
    this.#listener = net.createServer({ noDelay: true }, (socket) => this.#take(socket))
    this.#listener.maxConnections = MAX_CONNECTIONS
  }

  get listener(): net.Server {
    return this.#listener
  }

  /** Closes the port and every connection; what runs goes on. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #take(socket: net.Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    this.#ssh.injectSocket(socket)
  }

  #serve(connection: Connection): void {
    let sessions = 0
    connection.on('error', () => connection.end())
    connection.on('authentication', (context) => this.#authenticate(context))
    connection.on('session', (accept, reject) => {
      if (sessions >= MAX_SESSIONS) {
        reject()
        return
      }
      sessions += 1
      const session = accept()
      session.on('close', () => (sessions -= 1))
      this.#serveSession(session)
    })
  }

  #authenticate(context: AuthContext): void {
    const { account, clientKey } = this.#parts
    const isOurs =
      context.method === 'publickey' &&
      context.username === account.name &&
      context.key.algo === 'ssh-ed25519' &&
      isSame(context.key.data, clientKey.publicKey) &&
      // Without a signature the client only asks whether this key would do.
      (context.signature === undefined ||
        (context.blob !== undefined &&
          clientKey.parsed.verify(context.blob, context.signature, context.hashAlgo) === true))
    if (isOurs) context.accept()
    else context.reject(['publickey'])
  }

  #serveSession(session: Session): void {
    let pid: number | undefined
    session.on('exec', (accept, reject, { command }) => {
      if (pid !== undefined) {
        reject()
        return
      }
      pid = this.#run(command, accept())
    })
    session.on('signal', (accept, reject, { name }) => {
      const isSent = pid !== undefined && sendSignal(pid, name)
      // Both are undefined where the client wants no answer.
      const answer = (isSent ? accept : reject) as (() => void) | undefined
      answer?.()
    })
  }

  #run(command: string, channel: ServerChannel): number | undefined {
    channel.on('error', () => {})
    const child = spawnShell(this.#parts.account, command)
    const ended = new Promise<Ending>((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }))
      child.on('error', () => resolve(NOT_STARTED))
    })
    if (child.pid === undefined) {
      finish(channel, NOT_STARTED)
      return undefined
    }
    channel.pipe(child.stdin)
    child.stdin.on('error', () => channel.resume()) // it stopped reading; what still comes is dropped
    const outlet = new Outlet(channel)
    outlet.onClose(() => child.stdin.destroy())
    const sent = [pump(child.stdout, channel, outlet), pump(child.stderr, channel.stderr, outlet)]
    void Promise.all([ended, ...sent]).then(([ending]) => finish(channel, ending))
    return child.pid
  }
}

interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

/** As a shell says that it could not start something. */
const NOT_STARTED: Ending = { code: 126, signal: null }

function finish(channel: ServerChannel, { code, signal }: Ending): void {
  if (signal === null) channel.exit(code ?? 255)
  else channel.exit(signal.replace(/^SIG/, ''), false, '')
  channel.end()
}

/** Carries everything over at the reader's pace; resolves when all of it was sent or the channel is gone. */
async function pump(source: Readable, sink: Writable, outlet: Outlet): Promise<void> {
  outlet.onClose(() => source.destroy())
  try {
    for await (const bytes of source) await outlet.send(sink, bytes as Buffer)
  } catch {
    // The pipe was destroyed since the channel is gone.
  }
}

const isSame = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other)

/** To the command's process group, as sshd does. */
function sendSignal(pid: number, name: string): boolean {
  const signal = `SIG${name}` as NodeJS.Signals
  if (os.constants.signals[signal] === undefined) return false
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}
