import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** An unprivileged account of this machine, with what is needed to log in as it. */
export interface SandboxAccount {
  user: string
  uid: number
  home: string
  password: string
  /** The operator's side: private keys that `startSshd` lets in. `passphrase` opens the encrypted one. */
  keyFile: string
  encryptedKeyFile: string
  passphrase: string
}

const PASSWORD = 'a password with spaces'
const PASSPHRASE = 'a passphrase with spaces'

/** Ends the names of this run's accounts, so that two checkouts can be tested on one machine at once. */
export const ACCOUNT_SUFFIX = process.env['TEST_ACCOUNT_SUFFIX'] ?? ''

/** Makes the account where it is not there (needs root), and its keys. It stays for later tests. */
export function ensureSandboxAccount(purpose = 'hdtest'): SandboxAccount {
  const name = `${purpose}${ACCOUNT_SUFFIX}`
  if (findAccount(name) === undefined) create(name)
  const found = findAccount(name)
  if (found === undefined) throw new Error(`The account ${name} could not be made; are you root?`)
  return { ...found, user: name, password: PASSWORD, ...ensureKeys(name) }
}

/** The operator's private keys for an account; made where they are not there. */
export function ensureKeys(
  name: string,
): Pick<SandboxAccount, 'keyFile' | 'encryptedKeyFile' | 'passphrase'> {
  const folder = path.join(tmpdir(), `hosting-desk-keys-${process.getuid?.() ?? 0}-${name}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    keyFile: ensureKey(path.join(folder, 'id_ed25519'), ''),
    encryptedKeyFile: ensureKey(path.join(folder, 'id_encrypted'), PASSPHRASE),
    passphrase: PASSPHRASE,
  }
}

/** An account of this machine. */
export function findAccount(name: string): { uid: number; home: string } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`))
  const [, , uid, , , home] = line?.split(':') ?? []
  return uid === undefined || home === undefined ? undefined : { uid: Number(uid), home }
}

/** With a password: an account without one counts as locked, and sshd would refuse its key. */
function create(name: string): void {
  const hash = execFileSync('openssl', ['passwd', '-6', PASSWORD], { encoding: 'utf8' }).trim()
  try {
    execFileSync('useradd', ['-m', '-s', '/bin/bash', '-p', hash, name], { stdio: 'pipe' })
  } catch (error) {
    if (findAccount(name) === undefined) throw error
  }
}

function ensureKey(file: string, passphrase: string): string {
  if (existsSync(file)) return file
  const making = `${file}.${process.pid}`
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', making])
  execFileSync('sh', ['-c', 'mv "$1.pub" "$2.pub"; mv "$1" "$2"', 'sh', making, file])
  return file
}
