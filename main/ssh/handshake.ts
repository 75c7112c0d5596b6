import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { NodeSSH } from 'node-ssh'
import type { AuthHandlerMiddleware, AuthMethod, Client, Prompt } from 'ssh2'
import type { HostKey } from '#shared/contract/backend.ts'
import { isAppError, type AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Credential } from './credentials.ts'
import { sshError } from './ssh-error.ts'
import {
  hostKeyError,
  judgeHostKey,
  preferredAlgorithms,
  toHostKey,
  toPublicKey,
  type HostKeyVerdict,
  type KnownKeys,
} from './host-key.ts'

export interface HandshakeParts {
  socket: Socket | Duplex
  host: string
  port: number
  user: string
  /** Asked for only once the host key was accepted. */
  credentials: () => Promise<readonly Credential[]>
  knownKeys: KnownKeys
  /** Told before anything is proved to the server. */
  onHostKey?: ((shown: HostKey, verdict: HostKeyVerdict) => void) | undefined
  timeoutMs: number
  signal?: AbortSignal | undefined
}

const KEEPALIVE_MS = 15_000
const KEEPALIVE_MISSES = 3

/** What the far side showed us so far, from which an error's code is judged. */
interface Seen {
  firstBytes: string
  /** Why we stopped it ourselves. */
  refusal: unknown
  triesKey: boolean
}

/** Checks the host key, then logs in. The caller ends the client; on an error the socket is destroyed. */
export async function handshake(parts: HandshakeParts): Promise<Client> {
  parts.signal?.throwIfAborted()
  const { socket } = parts
  const seen: Seen = { firstBytes: '', refusal: undefined, triesKey: false }
  const ssh = new NodeSSH()
  const stopWatching = watchFirstBytes(parts, seen)
  const onAbort = (): void => void socket.destroy()
  parts.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const connecting = ssh.connect(connectConfig(parts, seen))
    const client = ssh.connection
    if (client === null) throw new Error('ssh2 made no client')
    // Each exec adds listeners, and an error after the login must not end the process: `close` follows it.
    client.setMaxListeners(0)
    client.on('error', () => {})
    await connecting
    return client
  } catch (error) {
    socket.destroy()
    parts.signal?.throwIfAborted()
    throw seen.refusal instanceof Error ? seen.refusal : toHandshakeError(parts, seen, error)
  } finally {
    stopWatching()
    parts.signal?.removeEventListener('abort', onAbort)
  }
}

function connectConfig(parts: HandshakeParts, seen: Seen): Parameters<NodeSSH['connect']>[0] {
  return {
    sock: parts.socket,
    username: parts.user,
    algorithms: { serverHostKey: preferredAlgorithms(parts.knownKeys) },
    hostVerifier: (wire: Buffer) => acceptsHostKey(wire, parts, seen),
    authHandler: methodsInTurn(parts, seen) as AuthHandlerMiddleware,
    readyTimeout: parts.timeoutMs,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_MISSES,
  }
}

/** Gives ssh2 one method after the other; undefined tells it to wait for the callback. */
function methodsInTurn(parts: HandshakeParts, seen: Seen) {
  let methods: AuthMethod[] | undefined
  const next = async (): Promise<AuthMethod | false> => {
    methods ??= (await parts.credentials()).map((one) => toAuthMethod(one, parts, seen))
    return methods.shift() ?? false
  }
  return (
    _left: unknown,
    _isPartial: unknown,
    give: (method: AuthMethod | false) => void,
  ): void => {
    next().then(give, (error: unknown) => {
      seen.refusal = error
      parts.socket.destroy()
    })
  }
}

function acceptsHostKey(wire: Buffer, parts: HandshakeParts, seen: Seen): boolean {
  const key = toPublicKey(wire)
  const shown = toHostKey(parts.host, parts.port, key)
  const verdict = judgeHostKey(key, parts.knownKeys)
  const { own, known } = parts.knownKeys
  const trusted = own.length > 0 ? own : known
  parts.onHostKey?.(shown, verdict)
  if (verdict !== 'known')
    seen.refusal = hostKeyError(
      verdict,
      shown,
      trusted.map((one) => toHostKey(parts.host, parts.port, one)),
    )
  return verdict === 'known'
}

function toAuthMethod(
  credential: Credential,
  { user, host }: HandshakeParts,
  seen: Seen,
): AuthMethod {
  seen.triesKey ||= credential.type === 'publickey' || credential.type === 'agent'
  switch (credential.type) {
    case 'publickey':
      return { type: 'publickey', username: user, key: credential.key } as AuthMethod
    case 'agent':
      return { type: 'agent', username: user, agent: credential.socket } as AuthMethod
    case 'password':
      return {
        type: 'password',
        username: user,
        password: credential.password.reveal(),
      } as AuthMethod
    case 'keyboard-interactive':
      return {
        type: 'keyboard-interactive',
        username: user,
        prompt: answerPrompt(credential.password.reveal(), () => {
          seen.refusal = sshError(
            'ssh.auth-failed',
            `${host} asks ${user} for more than a password (a second factor), which is not supported`,
            'Log in with a key.',
          )
        }),
      } as AuthMethod
  }
}

type Finish = (answers: string[]) => void

/** Answers one prompt with the password; a second question is a second factor or the same one again: none is answered. */
export function answerPrompt(
  password: string,
  onSecondFactor: () => void,
): (name: string, instructions: string, lang: string, prompts: Prompt[], finish: Finish) => void {
  let asked: string | undefined
  return (_name, _instructions, _lang, prompts, finish) => {
    const [prompt] = prompts
    if (prompt === undefined) return finish([])
    const isFirst = asked === undefined
    if (prompts.length > 1 || (!isFirst && prompt.prompt !== asked)) onSecondFactor()
    asked = prompt.prompt
    finish(prompts.map((_one, at) => (isFirst && at === 0 ? password : '')))
  }
}

/** A server that speaks something else than SSH is told at its first bytes, not at a time limit. */
function watchFirstBytes({ socket }: HandshakeParts, seen: Seen): () => void {
  const watch = (bytes: Buffer): void => {
    seen.firstBytes += bytes.subarray(0, 4096).toString('latin1')
    if (speaksSsh(seen.firstBytes)) socket.off('data', watch)
    else if (isSurelyNotSsh(seen.firstBytes)) socket.destroy()
  }
  socket.on('data', watch)
  return () => void socket.off('data', watch)
}

const speaksSsh = (text: string): boolean => /^SSH-/m.test(text)

/** SSH allows lines before its own; a known other protocol or much text is not it. */
const isSurelyNotSsh = (text: string): boolean =>
  /^(HTTP\/|<|220[ -]|\+OK|\* OK|\x15\x03|RFB )/.test(text) || text.length > 16_384

function toHandshakeError(parts: HandshakeParts, seen: Seen, cause: unknown): AppError {
  const { host, port, user } = parts
  if (isAppError(cause)) return cause
  const level = cause instanceof Error && 'level' in cause ? String(cause.level) : ''
  const text = cause instanceof Error ? shorten(cleanText(cause.message), 200) : ''
  if (!speaksSsh(seen.firstBytes)) return notSsh(parts, seen, level, cause)
  if (level === 'client-timeout')
    return sshError(
      'ssh.timeout',
      `${host} began to log ${user} in and then fell silent`,
      'Look at the log of its sshd, then try again.',
      { cause },
    )
  if (level === 'client-authentication' || level === 'agent') return refused(parts, seen, cause)
  if (level === 'handshake' || level === 'protocol')
    return sshError(
      'ssh.not-ssh',
      `No secure connection to ${host}, port ${port}, can be agreed upon (${text})`,
      'Its SSH server may be too old.',
      { cause },
    )
  return sshError(
    'ssh.connection-lost',
    `${host} closed the connection during the login`,
    'Try again; where it stays so, look at the log of its sshd.',
    { cause },
  )
}

function notSsh(
  { host, port }: HandshakeParts,
  seen: Seen,
  level: string,
  cause: unknown,
): AppError {
  if (seen.firstBytes !== '')
    return sshError(
      'ssh.not-ssh',
      `What answers at ${host}, port ${port}, is no SSH server${seen.firstBytes.startsWith('HTTP/') ? ' but a web server' : ''}`,
      "Check the port; sshd's own is usually 22.",
      { cause },
    )
  if (level === 'client-timeout')
    return sshError(
      'ssh.timeout',
      `${host} takes connections on port ${port} and says nothing`,
      'Is this the port of sshd?',
      { cause },
    )
  return sshError(
    'ssh.unreachable',
    `${host} closed the connection on port ${port} before it began`,
    'It may have too many at once, or may not let this address in (fail2ban, MaxStartups).',
    { cause },
  )
}

function refused({ host, user }: HandshakeParts, seen: Seen, cause: unknown): AppError {
  if (!seen.triesKey)
    return sshError(
      'ssh.auth-failed',
      `${host} does not take this password for ${user}`,
      'Type it again; many servers take no passwords at all, then use a key.',
      { cause },
    )
  return sshError(
    'ssh.auth-failed',
    `${host} does not let ${user} in with this key`,
    `Is its public half in ~${user}/.ssh/authorized_keys there, and is the account unlocked? One made by useradd without a password counts as locked; as root, this unlocks it: usermod -p '*' ${user}`,
    { cause },
  )
}
