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
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The answer of the web server on this machine to `GET /` for a host name; undefined where none came in time. */
export async function askLocally(
  port: number,
  host: string,
  { signal, timeoutMs = 10_000 }: { signal: AbortSignal; timeoutMs?: number },
): Promise<Answer | undefined> {
  const { request } = await import('node:http')
  return new Promise((resolve) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path: '/',
        headers: { host: `${host}:${port}`, connection: 'close' },
        agent: false,
        timeout: timeoutMs,
        signal,
      },
      (response) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers })
        response.destroy()
      },
    )
    asking.on('timeout', () => asking.destroy())
    asking.on('error', () => resolve(undefined))
    asking.end()
  })
}
