import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Secret } from '../../../main/lib/secret.ts'
import {
  expandHome,
  loadCredentials,
  loadJumpCredentials,
  loadKey,
} from '../../../main/ssh/credentials.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-keys-'))
const file = (name: string): string => path.join(folder, name)
const make = (name: string, passphrase: string, ...more: string[]): void => {
  execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-f', file(name), ...more])
}

beforeAll(() => {
  make('ed25519', '', '-t', 'ed25519')
  make('ecdsa', '', '-t', 'ecdsa')
  make('encrypted', 'secret words', '-t', 'ed25519')
  make('pem', '', '-t', 'rsa', '-b', '2048', '-m', 'PEM')
  make('pem-encrypted', 'secret words', '-t', 'rsa', '-b', '2048', '-m', 'PEM')
  writeFileSync(file('text'), 'not a key\n')
  writeFileSync(file('empty'), '')
  writeFileSync(file('large'), Buffer.alloc(100_000))
  execFileSync('mkfifo', [file('pipe')])
  symlinkSync('/dev/zero', file('endless'))
  writeFileSync(file('cut'), '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const codeOf = async (name: string, passphrase?: string): Promise<unknown> =>
  loadKey(file(name), passphrase === undefined ? undefined : new Secret(passphrase)).then(
    (key) => key.type,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  )

describe('a key file', () => {
  test.each([
    ['ed25519', undefined, 'ssh-ed25519'],
    ['ecdsa', undefined, 'ecdsa-sha2-nistp256'],
    ['pem', undefined, 'ssh-rsa'],
    ['ed25519', 'not needed', 'ssh-ed25519'],
    ['encrypted', 'secret words', 'ssh-ed25519'],
    ['encrypted', undefined, 'ssh.passphrase-needed'],
    ['encrypted', 'wrong', 'ssh.passphrase-wrong'],
    ['encrypted', '', 'ssh.passphrase-wrong'],
    ['pem-encrypted', 'secret words', 'ssh-rsa'],
    ['pem-encrypted', undefined, 'ssh.passphrase-needed'],
    ['pem-encrypted', 'wrong', 'ssh.passphrase-wrong'],
    ['ed25519.pub', undefined, 'ssh.key-invalid'],
    ['text', undefined, 'ssh.key-invalid'],
    ['empty', undefined, 'ssh.key-invalid'],
    ['large', undefined, 'ssh.key-invalid'],
    ['cut', undefined, 'ssh.key-invalid'],
    ['nothing', undefined, 'ssh.key-missing'],
    ['ed25519/inside', undefined, 'ssh.key-missing'],
    ['.', undefined, 'ssh.key-invalid'],
    ['pipe', undefined, 'ssh.key-invalid'],
    ['endless', undefined, 'ssh.key-invalid'],
  ])('%s opened with %s: %s', async (name, passphrase, outcome) => {
    expect(await codeOf(name, passphrase)).toBe(outcome)
  })

  test('that is the public half says which one to name', async () => {
    await expect(loadKey(file('ed25519.pub'))).rejects.toThrow('is a public key')
  })

  test('may be named from the home folder', () => {
    expect(expandHome('~/.ssh/id')).not.toContain('~')
    expect(expandHome('/a/~/b')).toBe('/a/~/b')
  })
})

test('a password that is missing is asked for', async () => {
  const login = { method: 'password' } as const
  await expect(loadCredentials({ login, user: 'me', host: 'h' }, {})).rejects.toMatchObject({
    code: 'ssh.password-needed',
  })
})

describe('a machine on the way', () => {
  const jump = { host: 'hop', user: 'me', keyFile: null }
  const secrets = { password: new Secret('of the server'), passphrase: new Secret('secret words') }

  test.each(['password', 'keyboard-interactive'] as const)(
    'is not shown the %s of the server behind it',
    async (method) => {
      vi.stubEnv('SSH_AUTH_SOCK', '/run/agent')
      const credentials = await loadJumpCredentials(jump, { method }, secrets)
      vi.unstubAllEnvs()
      expect(credentials).toEqual([{ type: 'agent', socket: '/run/agent' }])
    },
  )

  test('takes the key that the configuration names, else the one of the login', async () => {
    const login = { method: 'key', keyFile: file('encrypted') } as const
    const [own] = await loadJumpCredentials(jump, login, secrets)
    expect(own).toMatchObject({ type: 'publickey', key: { type: 'ssh-ed25519' } })
    const named = { ...jump, keyFile: file('ecdsa') }
    const [other] = await loadJumpCredentials(named, login, secrets)
    expect(other).toMatchObject({ key: { type: 'ecdsa-sha2-nistp256' } })
  })
})
