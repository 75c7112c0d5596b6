import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

/** A real authority by ACME on loopback, which finds every name at 127.0.0.1. */
export interface Pebble {
  directory: string
  /** What a client has to trust, in REQUESTS_CA_BUNDLE, to speak with it. */
  caFile: string
  stop(): Promise<void>
}

/** Needs Debian's package pebble. `httpPort` is where it asks for its challenges, in place of 80. The caller stops it. */
export async function startPebble(httpPort: number): Promise<Pebble> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hosting-desk-pebble-'))
  chmodSync(folder, 0o755)
  const inFolder = (name: string): string => path.join(folder, name)
  const [port, managementPort, dnsPort, dnsManagement, tlsPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  makeCertificate(inFolder('cert.pem'), inFolder('key.pem'))
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: inFolder('cert.pem'),
    privateKey: inFolder('key.pem'),
    httpPort,
    tlsPort,
    // Ninety days, as the usual ones have.
    certificateValidityPeriod: 7_776_000,
  }
  writeFileSync(inFolder('pebble.json'), JSON.stringify({ pebble }))
  const dns = spawn(
    'pebble-challtestsrv',
    [
      ...['-dns01', `127.0.0.1:${dnsPort}`, '-management', `127.0.0.1:${dnsManagement}`],
      ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''],
    ],
    { stdio: 'ignore' },
  )
  const authority = spawn(
    'pebble',
    ['-config', inFolder('pebble.json'), '-dnsserver', `127.0.0.1:${dnsPort}`],
    {
      stdio: 'ignore',
      env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
    },
  )
  await Promise.all([listening(port), listening(managementPort)])
  return {
    directory: `https://127.0.0.1:${port}/dir`,
    caFile: inFolder('cert.pem'),
    async stop() {
      await Promise.all([end(authority), end(dns)])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function makeCertificate(certificate: string, key: string): void {
  const subject = ['-subj', '/CN=pebble', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', key, '-out', certificate]
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files],
    { stdio: 'pipe' },
  )
  chmodSync(certificate, 0o644)
}

const listening = (port: number): Promise<void> =>
  eventually(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.destroy()
          resolve()
        })
        socket.on('error', reject)
      }),
    { timeoutMs: 15_000 },
  )

const end = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.on('close', () => resolve())
    child.kill('SIGTERM')
  })

/** Makes names lead to this machine, for its own programs; what it returns takes them out again. Needs root. */
export function knowHosts(names: readonly string[]): () => void {
  const mark = `# hosting-desk test ${process.pid} ${names[0] ?? ''}`
  appendFileSync('/etc/hosts', `127.0.0.1 ${names.join(' ')} ${mark}\n`)
  return () => {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n')
    writeFileSync('/etc/hosts', lines.filter((line) => !line.endsWith(mark)).join('\n'))
  }
}
