import type { Socket } from 'node:net'
import { cancelled, hasErrno, ProvisionError } from './provision-error.ts'

/** A script that a FastCGI server is asked to run. */
export interface FastCgiCall {
  /** The Unix socket. */
  socket: string
  params: Readonly<Record<string, string>>
  body?: string | Buffer
  /** Closes the connection; the script itself is not ended by that. */
  signal: AbortSignal
  /** After so long without a byte it is given up; where absent, a script may be silent for ever. */
  silenceMs?: number
  /** Takes what the script prints, in order, behind its HTTP head; nothing more is read before it has. */
  onOutput: (bytes: Buffer) => Promise<void> | void
}

export interface FastCgiEnd {
  /** As the script set it, 200 where it did not. */
  status: number
  /** What the server logged about this call. */
  errors: string
}

const VERSION = 1
const TYPE = { begin: 1, end: 3, params: 4, stdin: 5, stdout: 6, stderr: 7 } as const
const RESPONDER = 1
const HEAD_BYTES = 8
/** A record holds at most 65,535 bytes; this many need no filling. */
const RECORD_BYTES = 65_528
const MAX_HTTP_HEAD = 65_536
const MAX_ERRORS = 65_536

/**
 * Asks a FastCGI server for one answer. Throws PROVISION_PHP_STOPPED where nobody listens, PROVISION_PHP_FAILED where the
 * answer ends in the middle, PROVISION_PHP_SILENT, PROVISION_CANCELLED.
 */
export async function callFastCgi(call: FastCgiCall): Promise<FastCgiEnd> {
  if (call.signal.aborted) throw cancelled()
  const socket = await connectTo(call.socket)
  const stop = (): void => void socket.destroy(cancelled())
  call.signal.addEventListener('abort', stop, { once: true })
  const stopKnocking = knockUntilHeard(socket, call.socket)
  try {
    if (call.silenceMs !== undefined)
      socket.setTimeout(call.silenceMs, () => socket.destroy(silent(call)))
    socket.write(renderCall(call))
    return await readAnswer(socket, call)
  } catch (error) {
    if (error instanceof ProvisionError || !isLost(error)) throw error
    throw failed(call.socket, 'it closed the connection')
  } finally {
    call.signal.removeEventListener('abort', stop)
    stopKnocking()
    socket.destroy()
  }
}

const FIRST_KNOCK_MS = 1000

/**
 * PHP-FPM on demand leaves a connection waiting that comes while its idle worker is told to end, and sees it only when
 * another one comes: so another one comes while nothing is heard, each time after twice as long.
 */
function knockUntilHeard(socket: Socket, file: string): () => void {
  let timer: NodeJS.Timeout | undefined
  const knockAfter = (ms: number): void => {
    timer = setTimeout(() => {
      if (socket.bytesRead > 0) return
      // Who does not let us in now tells it on the first connection.
      connectTo(file).then(
        (other) => other.destroy(),
        () => {},
      )
      knockAfter(2 * ms)
    }, ms)
  }
  knockAfter(FIRST_KNOCK_MS)
  return () => clearTimeout(timer)
}

const isLost = (error: unknown): boolean => hasErrno(error, 'ECONNRESET', 'EPIPE')

async function connectTo(file: string): Promise<Socket> {
  const { connect } = await import('node:net')
  return new Promise((resolve, reject) => {
    const socket = connect({ path: file })
    const fail = (error: Error): void => {
      const isStopped = hasErrno(error, 'ENOENT', 'ECONNREFUSED')
      reject(isStopped ? stopped(file, error) : error)
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.removeListener('error', fail)
      resolve(socket)
    })
  })
}

/** The whole request: begin, parameters, body. */
function renderCall({ params, body = '' }: FastCgiCall): Buffer {
  const begin = Buffer.from([0, RESPONDER, 0, 0, 0, 0, 0, 0])
  const pairs = Object.entries(params).map(([name, value]) => renderPair(name, value))
  return Buffer.concat([
    renderRecord(TYPE.begin, begin),
    ...renderStream(TYPE.params, Buffer.concat(pairs)),
    ...renderStream(TYPE.stdin, Buffer.from(body)),
  ])
}

/** Records of so much each; one without content ends the stream. */
function* renderStream(type: number, content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += RECORD_BYTES)
    yield renderRecord(type, content.subarray(at, at + RECORD_BYTES))
  yield renderRecord(type, Buffer.alloc(0))
}

/** There is one request a connection: its number is 1. */
function renderRecord(type: number, content: Buffer): Buffer {
  const head = Buffer.from([VERSION, type, 0, 1, content.length >> 8, content.length & 0xff, 0, 0])
  return Buffer.concat([head, content])
}

function renderPair(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
  const lengths = [renderLength(nameBytes.length), renderLength(valueBytes.length)]
  return Buffer.concat([...lengths, nameBytes, valueBytes])
}

function renderLength(length: number): Buffer {
  if (length < 128) return Buffer.from([length])
  const long = Buffer.alloc(4)
  long.writeUInt32BE(length + 0x80000000)
  return long
}

async function readAnswer(socket: Socket, call: FastCgiCall): Promise<FastCgiEnd> {
  const head = new HttpHead()
  let errors = ''
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of socket as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    for (;;) {
      const record = takeRecord(rest)
      if (record === undefined) break
      rest = record.rest
      const { type, content } = record
      if (type === TYPE.end) return { status: head.status, errors }
      if (type === TYPE.stderr && errors.length < MAX_ERRORS) errors += content.toString('utf8')
      if (type !== TYPE.stdout) continue
      const output = head.take(content)
      if (output.length > 0) await call.onOutput(output)
    }
  }
  throw failed(call.socket, errors.trim() || 'it ended before its end')
}

function takeRecord(bytes: Buffer): { type: number; content: Buffer; rest: Buffer } | undefined {
  if (bytes.length < HEAD_BYTES) return undefined
  const length = bytes.readUInt16BE(4)
  const end = HEAD_BYTES + length + (bytes[6] ?? 0)
  if (bytes.length < end) return undefined
  const content = bytes.subarray(HEAD_BYTES, HEAD_BYTES + length)
  return { type: bytes[1] ?? 0, content, rest: bytes.subarray(end) }
}

/** The lines before the first empty one are headers, not output. */
class HttpHead {
  status = 200
  #text = ''
  #isOver = false

  /** What of these bytes is output. */
  take(bytes: Buffer): Buffer {
    if (this.#isOver) return bytes
    const before = this.#text.length
    this.#text += bytes.toString('latin1')
    const end = /\r?\n\r?\n/.exec(this.#text)
    if (end === null) {
      if (this.#text.length > MAX_HTTP_HEAD) throw new Error('a head of HTTP without an end')
      return Buffer.alloc(0)
    }
    this.#isOver = true
    this.status = Number(/^Status: (\d{3})/im.exec(this.#text.slice(0, end.index))?.[1] ?? 200)
    return bytes.subarray(end.index + end[0].length - before)
  }
}

const stopped = (socket: string, cause: unknown): ProvisionError =>
  new ProvisionError(
    'PROVISION_PHP_STOPPED',
    `Nothing answers on ${socket}: PHP-FPM does not run. Start its service, and do this again.`,
    { cause },
  )

const failed = (socket: string, why: string): ProvisionError =>
  new ProvisionError('PROVISION_PHP_FAILED', `PHP on ${socket} gave no whole answer: ${why}.`)

const silent = ({ socket, silenceMs = 0 }: FastCgiCall): ProvisionError =>
  new ProvisionError(
    'PROVISION_PHP_SILENT',
    `PHP on ${socket} said nothing for ${Math.round(silenceMs / 1000)} s, and was given up.`,
  )
