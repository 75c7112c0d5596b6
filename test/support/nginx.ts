import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import { eventually } from './eventually.ts'

/** What a web server on loopback answers to a host name; undefined where it closes without an answer. */
export function fetchByHost(
  port: number,
  host: string,
  target = '/',
): Promise<{ status: number; body: string; location: string | undefined } | undefined> {
  return new Promise((resolve) => {
    const asking = request(
      { host: '127.0.0.1', port, path: target, headers: { host }, agent: false },
      (response) => {
        let body = ''
        response.on('data', (bytes: Buffer) => (body += bytes.toString('utf8')))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }),
        )
      },
    )
    asking.on('error', () => resolve(undefined))
    asking.end()
  })
}

/** The pid of the master whose files lie below a home folder; undefined where none runs. */
export function findNginxMaster(home: string): number | undefined {
  try {
    const pid = Number(readFileSync(path.join(home, 'nginx/run/nginx.pid'), 'utf8').trim())
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return title.startsWith('nginx: master') && title.includes(home) ? pid : undefined
  } catch {
    return undefined
  }
}

/** The worker processes of a master. */
export const workersOf = (master: number): number[] =>
  readFileSync(`/proc/${master}/task/${master}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)

/** Ends the master below a home folder, and waits until it is gone. */
export async function stopNginx(home: string): Promise<void> {
  const master = findNginxMaster(home)
  if (master === undefined) return
  process.kill(master, 'SIGTERM')
  await eventually(() => {
    if (findNginxMaster(home) !== undefined) throw new Error('nginx is still there')
  })
}
