import type { Socket } from 'node:net'
import { hasErrno } from './provision-error.ts'

/** Whether this account could listen on a TCP port now. */
export async function tryPort(port: number): Promise<'free' | 'taken' | 'not-allowed'> {
  const { createServer } = await import('node:net')
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', (error) => {
      if (hasErrno(error, 'EADDRINUSE')) resolve('taken')
      else if (hasErrno(error, 'EACCES')) resolve('not-allowed')
      else reject(error)
    })
    server.listen(port, '0.0.0.0', () => server.close(() => resolve('free')))
  })
}

/** Whether somebody on this machine takes connections on a TCP port. */
export async function isListening(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (isThere: boolean) => (): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', end(true))
    socket.once('error', end(false))
  })
}

export interface Answer {
  status: number
  /** By their names in lower case. */
  headers: ReadonlyMap<string, string>
  /** What has come of its content, where that was asked for. */
  body: string
}

/** How this program calls itself where it asks a web server: its visits are kept out of the logs of sites. */
export const VISITOR = 'hosting-desk'

export interface Question {
  port: number
  /** What the Host header says; its port is added. */
  host: string
  /** Whom to ask; this machine where it is not said. */
  address?: string
  target?: string
  /** By TLS; whose certificate it is does not matter, and no certificate is checked. */
  isSecure?: boolean
  /** How much of the content to wait for. */
  maxBodyBytes?: number
  timeoutMs?: number
  signal: AbortSignal
}

/** The answer of the web server on this machine to `GET /` for a host name; undefined where none came in time. */
export const askLocally = (
  port: number,
  host: string,
  { signal, timeoutMs = 10_000 }: { signal: AbortSignal; timeoutMs?: number },
): Promise<Answer | undefined> => ask({ port, host, signal, timeoutMs })

/**
 * The answer of a web server to a GET; undefined where none came in time. Spoken over a plain socket: loading node:http
 * would take longer than the whole question.
 */
export async function ask({
  port,
  host,
  address = '127.0.0.1',
  target = '/',
  isSecure = false,
  maxBodyBytes = 0,
  timeoutMs = 10_000,
  signal,
}: Question): Promise<Answer | undefined> {
  const socket = await openSocket({ address, port, host, isSecure })
  return new Promise((resolve) => {
    let text = ''
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      socket.destroy()
      resolve(parseAnswer(text))
    }
    const timer = setTimeout(end, timeoutMs)
    signal.addEventListener('abort', end, { once: true })
    socket.on('error', end)
    socket.on('end', end)
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      const headEnd = text.indexOf('\r\n\r\n')
      const wanted = headEnd < 0 ? 65_536 : headEnd + 4 + maxBodyBytes
      if (text.length >= wanted) end()
    })
    socket.write(renderQuestion(target, `${host}:${port}`))
    if (signal.aborted) end()
  })
}

const renderQuestion = (target: string, host: string): string =>
  [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}`,
    `User-Agent: ${VISITOR}`,
    'Connection: close',
    '',
    '',
  ].join('\r\n')

async function openSocket({
  address,
  port,
  host,
  isSecure,
}: {
  address: string
  port: number
  host: string
  isSecure: boolean
}): Promise<Socket> {
  if (!isSecure) return (await import('node:net')).connect({ host: address, port })
  const { connect } = await import('node:tls')
  // Only whether the site answers is asked; its certificate is looked at where it is put in.
  return connect({ host: address, port, servername: host, rejectUnauthorized: false })
}

/** The head of an HTTP answer; undefined where it is not there as a whole. */
export function parseAnswer(text: string): Answer | undefined {
  const [head = '', rest] = text.split(/\r\n\r\n(.*)/s, 2)
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]
  if (status === undefined || rest === undefined) return undefined
  const headers = lines.map((line): [string, string] => {
    const [name = '', value = ''] = line.split(/:(.*)/s, 2)
    return [name.toLowerCase(), value.trim()]
  })
  return { status: Number(status), headers: new Map(headers), body: rest }
}
