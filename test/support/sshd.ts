import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { HostKey } from '#shared/contract/backend.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { keyFingerprint } from './host-key.ts'
import { ensureSandboxAccount, type SandboxAccount } from './sandbox-account.ts'

export { ensureSandboxAccount, type SandboxAccount } from './sandbox-account.ts'

export interface SshdOptions {
  /** Whose keys get in, to any account; by default those of `hdtest`. */
  accounts?: readonly SandboxAccount[]
  /** The same by file, in place of `accounts`. */
  publicKeyFiles?: readonly string[]
  /** Further lines of sshd_config; where one names a keyword that we set, this one wins. */
  config?: readonly string[]
  /** The host keys to have, by type. The first one is `hostKey`. */
  keyTypes?: readonly ('ed25519' | 'rsa' | 'ecdsa')[]
  port?: number
}

/** A real OpenSSH server on loopback. */
export interface Sshd {
  port: number
  hostKey: HostKey
  hostKeys: HostKey[]
  /** What sshd has logged so far. */
  log(): string
  /** Kills the processes that serve connections, not what was started in sessions of its own. */
  killSessions(): void
  stop(): Promise<void>
}

/** Needs root and Debian's openssh-server. The caller stops it. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const folder = await mkdtemp(path.join(tmpdir(), 'hosting-desk-sshd-'))
  const port = options.port ?? (await freePort())
  const keyFiles = (options.keyTypes ?? ['ed25519']).map((type) => makeHostKey(folder, type))
  const configFile = path.join(folder, 'sshd_config')
  // sshd reads the list of keys as the account itself.
  chmodSync(folder, 0o755)
  writeFileSync(path.join(folder, 'authorized_keys'), authorizedKeys(options))
  writeFileSync(configFile, configText(folder, port, keyFiles, options.config ?? []))
  const logFile = path.join(folder, 'log')
  const child = spawn('/usr/sbin/sshd', ['-D', '-f', configFile, '-E', logFile], {
    stdio: 'ignore',
  })
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  await listening(child, port, log)
  const hostKeys = keyFiles.map((file) => hostKeyOf(file, port))
  const [hostKey] = hostKeys
  if (hostKey === undefined) throw new Error('A server needs a host key.')
  return {
    port,
    hostKey,
    hostKeys,
    log,
    killSessions: () => killAll(sessionsOf(child.pid ?? 0)),
    async stop() {
      const sessions = sessionsOf(child.pid ?? 0)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null) {
        child.kill('SIGKILL')
        await ended
      }
      killAll(sessions)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function authorizedKeys({
  accounts = [ensureSandboxAccount()],
  publicKeyFiles,
}: SshdOptions): string {
  const ofAccounts = accounts
    .flatMap(({ keyFile, encryptedKeyFile }) => [keyFile, encryptedKeyFile])
    .map((file) => `${file}.pub`)
  return (publicKeyFiles ?? ofAccounts).map((file) => readFileSync(file, 'utf8')).join('')
}

/** The first value of a keyword wins in sshd_config, so the caller's lines come first. */
const configText = (
  folder: string,
  port: number,
  keyFiles: string[],
  config: readonly string[],
): string =>
  [
    ...config,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...keyFiles.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication yes',
    'MaxStartups 200',
    'PrintMotd no',
    'PrintLastLog no',
    'LogLevel VERBOSE',
    '',
  ].join('\n')

function makeHostKey(folder: string, type: string): string {
  const file = path.join(folder, `host_${type}`)
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file])
  return file
}

function hostKeyOf(file: string, port: number): HostKey {
  const [type = '', key = ''] = readFileSync(`${file}.pub`, 'utf8').trim().split(' ')
  return HostKey.parse({ host: '127.0.0.1', port, type, key, fingerprint: keyFingerprint(key) })
}

async function listening(child: ChildProcess, port: number, log: () => string): Promise<void> {
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`sshd did not start: ${log()}`)
    await new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.destroy()
        resolve()
      })
    })
  })
}

/** Children and grandchildren of the listener that are sshd themselves. */
function sessionsOf(listener: number): number[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)))
  const childrenOf = (parents: number[]): number[] =>
    processes
      .filter(({ parent, name }) => parents.includes(parent) && name === 'sshd')
      .map(({ pid }) => pid)
  const children = childrenOf([listener])
  return [...children, ...childrenOf(children)]
}

function processOf(pid: number): { pid: number; parent: number; name: string }[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [{ pid, parent: Number(parent), name }]
  } catch {
    return []
  }
}

function killAll(pids: number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // gone already
    }
  }
}
