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

export interface Answer {
  status: number
  /** By their names in lower case. */
  headers: ReadonlyMap<string, string>
}

/**
 * The answer of the web server on this machine to `GET /` for a host name; undefined where none came in time. Spoken
 * over a plain socket: loading node:http would take longer than the whole question.
 */
export async function askLocally(
  port: number,
  host: string,
  { signal, timeoutMs = 10_000 }: { signal: AbortSignal; timeoutMs?: number },
): Promise<Answer | undefined> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal })
    let text = ''
    const end = (): void => {
      socket.destroy()
      resolve(parseAnswer(text))
    }
    socket.setTimeout(timeoutMs, end)
    socket.on('error', end)
    socket.on('end', end)
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (text.includes('\r\n\r\n') || text.length > 65_536) end()
    })
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`)
  })
}

/** The head of an HTTP answer; undefined where it is not there as a whole. */
export function parseAnswer(text: string): Answer | undefined {
  const [head = '', rest] = text.split('\r\n\r\n', 2)
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]
  if (status === undefined || rest === undefined) return undefined
  const headers = lines.map((line): [string, string] => {
    const [name = '', value = ''] = line.split(/:(.*)/s, 2)
    return [name.toLowerCase(), value.trim()]
  })
  return { status: Number(status), headers: new Map(headers) }
}
