import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, type PeerCertificate } from 'node:tls'

/** The certificate that a web server on loopback shows for a host name; undefined where it shows none. */
export function shownCertificate(port: number, host: string): Promise<PeerCertificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false })
    socket.on('secureConnect', () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
  })
}

/** What it answers by HTTPS, whoever vouches for it; undefined where it closes without an answer. */
export function fetchSecurely(
  port: number,
  host: string,
  target = '/',
): Promise<
  { status: number; body: string; headers: Readonly<Record<string, unknown>> } | undefined
> {
  return new Promise((resolve) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path: target,
        servername: host,
        headers: { host: `${host}:${port}` },
        rejectUnauthorized: false,
        agent: false,
      },
      (response) => {
        let body = ''
        response.on('data', (bytes: Buffer) => (body += bytes.toString('utf8')))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        )
      },
    )
    asking.on('error', () => resolve(undefined))
    asking.end()
  })
}

/** A certificate that holds from one instant to another, also in the past; signed by itself. */
export function makePair(
  names: readonly string[],
  { startsAt, endsAt }: { startsAt: number; endsAt: number },
): { chain: string; key: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-pair-'))
  const inFolder = (name: string): string => path.join(folder, name)
  const openssl = (...args: string[]): Buffer =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  try {
    writeFileSync(inFolder('index'), '')
    writeFileSync(inFolder('serial'), '01')
    writeFileSync(inFolder('ca.cnf'), renderAuthority(names))
    openssl(...['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/O=Test'], ...REQUEST)
    const dates = ['-startdate', toStamp(startsAt), '-enddate', toStamp(endsAt)]
    openssl(...['ca', '-batch', '-selfsign', '-notext', '-config', 'ca.cnf'], ...dates, ...FILES)
    return {
      chain: readFileSync(inFolder('chain.pem'), 'utf8'),
      key: readFileSync(inFolder('key.pem'), 'utf8'),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const REQUEST = ['-keyout', 'key.pem', '-out', 'request.pem']
const FILES = ['-keyfile', 'key.pem', '-in', 'request.pem', '-out', 'chain.pem']

const renderAuthority = (names: readonly string[]): string => `[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = extensions
[any]
organizationName = optional
[extensions]
subjectAltName = ${names.map((name) => `DNS:${name}`).join(',')}
`

const toStamp = (at: number): string =>
  `${new Date(at)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2)}`
