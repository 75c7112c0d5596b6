import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import ssh2, { type AuthenticationType, type ParsedKey } from 'ssh2'
import type { BackendAddress } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import { sshError } from './ssh-error.ts'
import type { Secret } from '../lib/secret.ts'

export interface LoginSecrets {
  password?: Secret | undefined
  passphrase?: Secret | undefined
}

/** One way to prove who we are, with everything it needs at hand. */
export type Credential =
  | { type: 'publickey'; key: ParsedKey }
  | { type: 'agent'; socket: string }
  | { type: 'password'; password: Secret }
  | { type: 'keyboard-interactive'; password: Secret }

const MAX_KEY_BYTES = 64 * 1024

/** What a login needs, read and checked before anything is sent: each thing that can be amiss has its own code. */
export async function loadCredentials(
  { login, user, host }: Pick<BackendAddress, 'login' | 'user' | 'host'>,
  secrets: LoginSecrets,
): Promise<Credential[]> {
  switch (login.method) {
    case 'key':
      return [{ type: 'publickey', key: await loadKey(login.keyFile, secrets.passphrase) }]
    case 'agent':
      return [{ type: 'agent', socket: agentSocket() }]
    case 'password': {
      const password = neededPassword(secrets, user, host)
      // Many servers take a password only through PAM, which speaks keyboard-interactive.
      return [
        { type: 'password', password },
        { type: 'keyboard-interactive', password },
      ]
    }
    case 'keyboard-interactive':
      return [{ type: 'keyboard-interactive', password: neededPassword(secrets, user, host) }]
  }
}

/**
 * The same for a machine on the way: the key that the configuration names for it, else the key of the login, else the agent.
 * A password was given for the server behind it and is not shown to anybody before.
 */
export async function loadJumpCredentials(
  { host, user, keyFile }: { host: string; user: string; keyFile: string | null },
  login: BackendAddress['login'],
  secrets: LoginSecrets,
): Promise<Credential[]> {
  if (keyFile !== null)
    return [{ type: 'publickey', key: await loadKey(keyFile, secrets.passphrase) }]
  const own = login.method === 'key' ? login : ({ method: 'agent' } as const)
  return loadCredentials({ host, user, login: own }, secrets)
}

export const authenticationType = ({ type }: Credential): AuthenticationType => type

function neededPassword({ password }: LoginSecrets, user: string, host: string): Secret {
  if (password !== undefined) return password
  throw sshError(
    'ssh.password-needed',
    `The password of ${user} on ${host} is needed`,
    'Type it; it is not shown or logged.',
  )
}

export function agentSocket(): string {
  const socket = process.env['SSH_AUTH_SOCK']
  if (socket !== undefined && socket !== '') return socket
  if (process.platform === 'win32') return '\\\\.\\pipe\\openssh-ssh-agent'
  throw sshError(
    'ssh.no-agent',
    'No SSH agent is running here (SSH_AUTH_SOCK is not set)',
    'Start one with “ssh-agent” and give it your key with “ssh-add”, or choose a key file.',
  )
}

/** `~/` is the operator's home folder. */
export const expandHome = (file: string): string =>
  file === '~' || file.startsWith('~/') ? path.join(homedir(), file.slice(1)) : file

/** The private key of a file, opened with the passphrase where it is encrypted. */
export async function loadKey(keyFile: string, passphrase?: Secret): Promise<ParsedKey> {
  const text = await readKeyFile(expandHome(keyFile), keyFile)
  if (/^(ssh-|ecdsa-|sk-|-----BEGIN PUBLIC|---- BEGIN SSH2 PUBLIC)/.test(text.trimStart()))
    throw sshError(
      'ssh.key-invalid',
      `${keyFile} is a public key`,
      'Name the private key beside it: usually the same name without “.pub”.',
    )
  const plain = parseKey(text)
  if (!(plain instanceof Error)) return plain
  if (!/no passphrase given/i.test(plain.message)) throw unreadable(keyFile, plain)
  if (passphrase === undefined)
    throw sshError(
      'ssh.passphrase-needed',
      `The key ${keyFile} is encrypted and its passphrase is needed`,
      'Type it; it is not shown or logged.',
    )
  return openKey(keyFile, text, passphrase)
}

function openKey(keyFile: string, text: string, passphrase: Secret): ParsedKey {
  const key = parseKey(text, passphrase.reveal())
  if (!(key instanceof Error)) return key
  if (/unsupported/i.test(key.message)) throw unreadable(keyFile, key)
  throw sshError(
    'ssh.passphrase-wrong',
    `The passphrase does not open the key ${keyFile}`,
    'Type it again, or choose another key.',
  )
}

/** ssh2 gives a list for files that may hold several keys, which its types do not say. */
function parseKey(text: string, passphrase?: string): ParsedKey | Error {
  const parsed: ParsedKey | Error | (ParsedKey | Error)[] = ssh2.utils.parseKey(text, passphrase)
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | Error | undefined) : parsed
  if (key === undefined) return new Error('no key in this file')
  return key instanceof Error || key.isPrivateKey() ? key : new Error('not a private key')
}

const unreadable = (keyFile: string, cause: Error): AppError =>
  sshError(
    'ssh.key-invalid',
    `${keyFile} is no private key that can be read here`,
    'Keys made by “ssh-keygen” in OpenSSH or PEM form can (ed25519, ECDSA, RSA).',
    { cause },
  )

async function readKeyFile(file: string, shownName: string): Promise<string> {
  try {
    const info = await stat(file)
    // A pipe would be waited for, and a device such as /dev/zero never ends.
    if (!info.isFile()) throw notReadable(shownName, 'it is not a file')
    if (info.size > MAX_KEY_BYTES) throw unreadable(shownName, new Error('too large'))
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof AppError) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw sshError(
        'ssh.key-missing',
        `There is no key file ${shownName}`,
        'Check the path, or make a key with “ssh-keygen”.',
        { cause: error },
      )
    const why = code === 'EACCES' ? 'your account may not read it' : 'it is not a file'
    throw notReadable(shownName, why, error)
  }
}

const notReadable = (shownName: string, why: string, cause?: unknown): AppError =>
  sshError(
    'ssh.key-invalid',
    `The key file ${shownName} cannot be read: ${why}`,
    'Choose the private key itself, and see that you may read it.',
    { cause },
  )
