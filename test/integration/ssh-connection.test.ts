import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CheckEvent } from '#shared/contract/backend.ts'
import { Secret } from '../../main/lib/secret.ts'
import { checkConnection } from '../../main/ssh/connection-check.ts'
import {
  openConnection,
  type OpenConnection,
  type OpenParts,
} from '../../main/ssh/open-connection.ts'
import { eventually } from '../support/eventually.ts'
import { codeOf, openParts, openTo, poolTo, sandboxAddress } from '../support/ssh.ts'
import { ensureSandboxAccount, startSshd, type Sshd, type SshdOptions } from '../support/sshd.ts'

const account = ensureSandboxAccount('hdconnect')
const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-connect-'))
const running: Sshd[] = []
const open: OpenConnection[] = []

let sshd: Sshd
beforeAll(async () => {
  sshd = await startSshd({ accounts: [account] })
})
afterAll(async () => {
  await sshd.stop()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(async () => {
  for (const connection of open.splice(0)) {
    connection.close()
    await connection.closed
  }
  for (const one of running.splice(0)) await one.stop()
})

const start = async (options: SshdOptions): Promise<Sshd> => {
  const started = await startSshd({ accounts: [account], ...options })
  running.push(started)
  return started
}
const parts = (server: Sshd, changed: Partial<OpenParts> = {}): OpenParts =>
  openParts(server, { address: sandboxAddress(server, account), ...changed })
const connect = async (server: Sshd, changed: Partial<OpenParts> = {}): Promise<OpenConnection> => {
  const connection = await openTo(server, { address: sandboxAddress(server, account), ...changed })
  open.push(connection)
  return connection
}
const check = async (server: Sshd, changed: Partial<OpenParts> = {}): Promise<CheckEvent[]> => {
  const events: CheckEvent[] = []
  const { signal: _signal, ...rest } = parts(server, changed)
  for await (const event of checkConnection(rest)) if (event.state !== 'running') events.push(event)
  return events
}
const stageOf = (events: CheckEvent[], stage: string): CheckEvent | undefined =>
  events.find((event) => event.stage === stage)
const withLogin = (login: OpenParts['address']['login']): Partial<OpenParts> => ({
  address: { ...sandboxAddress(sshd, account), login },
})

describe('a connection', () => {
  test('knows who it is on the far side', async () => {
    const { far } = await connect(sshd)
    expect(far).toMatchObject({
      uid: account.uid,
      user: account.user,
      home: account.home,
      system: 'Linux',
    })
    expect(Math.abs(far.clockOffsetMs)).toBeLessThan(2000)
    expect(far.node?.version).toMatch(/^v\d+/)
  })

  test('finds out anew who it is there when it is asked again', async () => {
    const connection = await connect(sshd)
    const { far } = connection
    await connection.askAgain()
    expect(connection.far).not.toBe(far)
    expect(connection.far).toEqual({ ...far, clockOffsetMs: expect.any(Number) as number })
  })

  test('gives what a command printed, its exit code and its signal', async () => {
    const connection = await connect(sshd)
    expect(
      await connection.exec({ argv: ['sh', '-c', 'cat; echo e >&2; exit 5'], stdin: 'in' }),
    ).toEqual({
      exitCode: 5,
      signal: null,
      stdout: Buffer.from('in'),
      stderr: 'e\n',
    })
    expect(await connection.exec({ argv: ['sh', '-c', 'kill -9 $$'] })).toMatchObject({
      signal: 'SIGKILL',
    })
  })

  test('takes every value of a command as it is, also with a script', async () => {
    const connection = await connect(sshd)
    const hostile = [
      "'",
      '"',
      '\\',
      '\\\\',
      '$(touch pwned)',
      '`touch pwned`',
      '\n',
      '!!',
      '*',
      '~',
      '-e',
      '',
      '; touch pwned',
      'é',
    ]
    const shown = hostile.map((one) => `<${one}>`).join('')
    const plain = await connection.exec({ argv: ['printf', '<%s>', ...hostile] })
    expect(plain.stdout.toString()).toBe(shown)
    const scripted = await connection.exec({ argv: hostile, script: `printf '<%s>' "$@"` })
    expect(scripted.stdout.toString()).toBe(shown)
    expect(existsSync(path.join(account.home, 'pwned'))).toBe(false)
    expect(await codeOf(connection.exec({ argv: ['echo', 'a\0b'] }))).toBe('input.invalid')
  })

  test('carries 30 commands at once where the server allows 10 sessions', async () => {
    const connection = await connect(await start({ config: ['MaxSessions 10'] }))
    await connection.runs.list()
    const results = await Promise.all(
      Array.from({ length: 30 }, (_one, at) =>
        connection.exec({ argv: ['sh', '-c', `sleep 0.05; echo ${at}`] }),
      ),
    )
    expect(results.map(({ stdout }) => Number(stdout.toString()))).toEqual(
      Array.from({ length: 30 }, (_one, at) => at),
    )
  })

  test('carries 30 commands at once where the server allows 2 sessions', async () => {
    const connection = await connect(await start({ config: ['MaxSessions 2'] }))
    await connection.runs.list()
    const results = await Promise.all(
      Array.from({ length: 30 }, () => connection.exec({ argv: ['true'] })),
    )
    expect(results.every(({ exitCode }) => exitCode === 0)).toBe(true)
  })

  test('says so where the follow channel leaves no other', async () => {
    const connection = await connect(await start({ config: ['MaxSessions 1'] }))
    await connection.runs.list()
    expect(await codeOf(connection.exec({ argv: ['true'] }))).toBe('ssh.channels-refused')
  })

  test('gives up a command that takes too long, prints too much or is not wanted any more', async () => {
    const connection = await connect(sshd)
    expect(await codeOf(connection.exec({ argv: ['sleep', '60'] }, { timeoutMs: 50 }))).toBe(
      'ssh.timeout',
    )
    const endless = connection.exec({ argv: ['yes'] }, { maxOutputBytes: 10_000 })
    expect(await codeOf(endless)).toBe('backend.bad-output')
    const reason = new Error('enough')
    const abort = new AbortController()
    const waiting = connection.exec({ argv: ['sleep', '60'] }, { signal: abort.signal })
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  test('that is cut fails what was under way and what comes after', async () => {
    const connection = await connect(sshd)
    const under = Array.from({ length: 20 }, () =>
      codeOf(connection.exec({ argv: ['sleep', '60'] })),
    )
    await eventually(() => expect(connection.channels.load.open).toBe(8))
    sshd.killSessions()
    expect(new Set(await Promise.all(under))).toEqual(new Set(['ssh.connection-lost']))
    await connection.closed
    expect(await codeOf(connection.exec({ argv: ['true'] }))).toBe('ssh.connection-lost')
    expect(await codeOf(connection.runs.list())).toBe('ssh.connection-lost')
  })
})

describe('logging in', () => {
  test('works with an encrypted key and its passphrase', async () => {
    const login = { method: 'key', keyFile: account.encryptedKeyFile } as const
    const secrets = { passphrase: new Secret(account.passphrase) }
    expect((await connect(sshd, { ...withLogin(login), secrets })).far.user).toBe(account.user)
    expect(await codeOf(connect(sshd, withLogin(login)))).toBe('ssh.passphrase-needed')
    const wrong = { passphrase: new Secret('wrong') }
    expect(await codeOf(connect(sshd, { ...withLogin(login), secrets: wrong }))).toBe(
      'ssh.passphrase-wrong',
    )
  })

  test('works with a password', async () => {
    const login = withLogin({ method: 'password' })
    const secrets = { password: new Secret(account.password) }
    expect((await connect(sshd, { ...login, secrets })).far.user).toBe(account.user)
    expect(await codeOf(connect(sshd, login))).toBe('ssh.password-needed')
    const wrong = { password: new Secret('wrong') }
    expect(await codeOf(connect(sshd, { ...login, secrets: wrong }))).toBe('ssh.auth-failed')
  })

  test('works with an agent', async () => {
    const socket = path.join(folder, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    const before = process.env['SSH_AUTH_SOCK']
    try {
      await eventually(() => expect(existsSync(socket)).toBe(true))
      execFileSync('ssh-add', ['-q', account.keyFile], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: 'ignore',
      })
      process.env['SSH_AUTH_SOCK'] = socket
      expect((await connect(sshd, withLogin({ method: 'agent' }))).far.user).toBe(account.user)
      delete process.env['SSH_AUTH_SOCK']
      expect(await codeOf(connect(sshd, withLogin({ method: 'agent' })))).toBe('ssh.no-agent')
    } finally {
      agent.kill()
      if (before !== undefined) process.env['SSH_AUTH_SOCK'] = before
    }
  })

  test('as root is refused, before anything else', async () => {
    const address = { ...sandboxAddress(sshd, account), user: 'root' }
    expect(await codeOf(connect(sshd, { address }))).toBe('ssh.root-refused')
  })

  test('with a key that the server does not know is refused', async () => {
    const stranger = ensureSandboxAccount('hdstranger')
    const login = { method: 'key', keyFile: stranger.keyFile } as const
    expect(await codeOf(connect(sshd, withLogin(login)))).toBe('ssh.auth-failed')
  })

  test('goes over the jump host of ~/.ssh/config', async () => {
    const jump = await start({})
    const sshFolder = path.join(folder, 'jump')
    mkdirSync(sshFolder)
    writeFileSync(
      path.join(sshFolder, 'config'),
      [
        'Host behind',
        '  HostName 127.0.0.1',
        '  ProxyJump hop',
        'Host hop',
        '  HostName localhost',
        `  Port ${jump.port}`,
        `  User ${account.user}`,
        `  IdentityFile ${account.keyFile}`,
      ].join('\n'),
    )
    const address = { ...sandboxAddress(sshd, account), host: 'behind' }
    const keysOf = (_host: string, port: number) => [
      port === jump.port ? jump.hostKey : sshd.hostKey,
    ]
    const connection = await connect(sshd, { address, sshFolder, ownKeys: keysOf })
    expect(connection.far.user).toBe(account.user)
    expect(jump.log()).toContain('Accepted publickey')
    const onlyTarget = (_host: string, port: number) => (port === jump.port ? [] : [sshd.hostKey])
    expect(await codeOf(connect(sshd, { address, sshFolder, ownKeys: onlyTarget }))).toBe(
      'ssh.host-key-unknown',
    )
  })
})

describe('the host key', () => {
  test('that is unknown, changed or revoked stops the login before it', async () => {
    const other = await start({})
    const logins = (): number => sshd.log().split('Accepted publickey').length
    const before = logins()
    expect(await codeOf(connect(sshd, { ownKeys: () => [] }))).toBe('ssh.host-key-unknown')
    expect(await codeOf(connect(sshd, { ownKeys: () => [other.hostKey] }))).toBe(
      'ssh.host-key-changed',
    )
    const sshFolder = path.join(folder, 'revoked')
    mkdirSync(sshFolder)
    const line = `@revoked [127.0.0.1]:${sshd.port} ${sshd.hostKey.type} ${sshd.hostKey.key}\n`
    writeFileSync(path.join(sshFolder, 'known_hosts'), line)
    expect(await codeOf(connect(sshd, { sshFolder }))).toBe('ssh.host-key-revoked')
    expect(logins()).toBe(before)
  })

  test('is read from known_hosts as ssh itself has written it', async () => {
    const sshFolder = path.join(folder, 'known')
    mkdirSync(sshFolder)
    const file = path.join(sshFolder, 'known_hosts')
    const options = [
      '-o',
      'StrictHostKeyChecking=accept-new',
      '-o',
      `UserKnownHostsFile=${file}`,
      '-o',
      'HashKnownHosts=yes',
    ]
    execFileSync(
      'ssh',
      [
        ...options,
        '-i',
        account.keyFile,
        '-p',
        String(sshd.port),
        `${account.user}@127.0.0.1`,
        'true',
      ],
      { stdio: 'ignore' },
    )
    expect((await connect(sshd, { sshFolder, ownKeys: () => [] })).far.user).toBe(account.user)
  })

  test.each([0, 1, 2])(
    'of a server with several keys is not changed, whichever is known (%i)',
    async (at) => {
      const server = await start({ keyTypes: ['ed25519', 'rsa', 'ecdsa'] })
      const known = server.hostKeys.slice(at, at + 1)
      expect((await connect(server, { ownKeys: () => known })).far.user).toBe(account.user)
    },
  )
})

describe('the pool', () => {
  const backendId = 'backend'

  test('opens one connection for all who ask at once, and another one after it was cut', async () => {
    const pool = poolTo(sshd, { address: () => sandboxAddress(sshd, account) })
    try {
      const before = sshd.log().split('Accepted publickey').length
      const [first, second] = await Promise.all([pool.use(backendId), pool.use(backendId)])
      expect(first).toBe(second)
      expect(sshd.log().split('Accepted publickey').length).toBe(before + 1)
      expect(pool.state(backendId)).toMatchObject({ connection: 'open', problem: null })
      sshd.killSessions()
      await first.closed
      expect(pool.state(backendId).connection).toBe('closed')
      expect(await pool.use(backendId)).not.toBe(first)
    } finally {
      await pool.closeAll()
    }
  })

  test('closes a connection that is idle, not one whose runs are followed', async () => {
    const pool = poolTo(sshd, { address: () => sandboxAddress(sshd, account), idleMs: 60 })
    try {
      const connection = await pool.use(backendId)
      const id = `idle-${process.pid}`
      await connection.runs.start({
        id,
        claim: 1,
        stages: [{ name: 'command', argv: ['sleep', '0.4'], stdin: null }],
      })
      let isClosed = false
      void connection.closed.then(() => (isClosed = true))
      for await (const event of connection.runs.follow(id, [])) if (event.event === 'ended') break
      expect(isClosed).toBe(false)
      await connection.closed
      expect(pool.state(backendId).connection).toBe('closed')
    } finally {
      await pool.closeAll()
    }
  })

  test('refuses a backend whose host key changed until the key is accepted', async () => {
    const other = await start({})
    let trusted = other.hostKey
    const pool = poolTo(sshd, {
      address: () => sandboxAddress(sshd, account),
      ownKeys: () => [trusted],
    })
    try {
      expect(await codeOf(pool.use(backendId))).toBe('ssh.host-key-changed')
      expect(pool.state(backendId)).toMatchObject({
        connection: 'failed',
        problem: { code: 'ssh.host-key-changed' },
      })
      trusted = sshd.hostKey
      await pool.use(backendId)
      expect(pool.state(backendId)).toMatchObject({ connection: 'open', problem: null })
    } finally {
      await pool.closeAll()
    }
  })

  test('says which secret is missing', async () => {
    const address = { ...sandboxAddress(sshd, account), login: { method: 'password' } as const }
    const pool = poolTo(sshd, { address: () => address })
    expect(await codeOf(pool.use(backendId))).toBe('ssh.password-needed')
    expect(pool.state(backendId).needsSecret).toBe('password')
    await pool.closeAll()
  })

  test('that is closed while it connects tells those who wait, and opens nothing more', async () => {
    const pool = poolTo(sshd, { address: () => sandboxAddress(sshd, account) })
    const waiting = codeOf(pool.use(backendId))
    await pool.closeAll()
    expect(await waiting).toBe('ssh.connection-lost')
    expect(await codeOf(pool.use(backendId))).toBe('ssh.connection-lost')
  })
})

describe('the connection check', () => {
  test('goes through every stage in order and finds nothing amiss', async () => {
    const events = await check(sshd)
    expect(events.map(({ stage, state }) => `${stage} ${state}`)).toEqual([
      'resolve ok',
      'connect ok',
      'host-key ok',
      'authentication ok',
      'user ok',
      'shell-speed ok',
      'account-locked ok',
      'channels ok',
      'clock ok',
    ])
  })

  test('shows an unknown key to compare, and skips the rest', async () => {
    const server = await start({})
    const events = await check(server, { ownKeys: () => [] })
    expect(stageOf(events, 'host-key')).toMatchObject({
      state: 'failed',
      code: 'ssh.host-key-unknown',
      hostKey: { shown: server.hostKey, known: [] },
    })
    expect(stageOf(events, 'authentication')?.state).toBe('skipped')
    expect(server.log()).not.toMatch(/(Failed|Accepted) publickey/)
  })

  test('says what to do about root', async () => {
    const events = await check(sshd, {
      address: { ...sandboxAddress(sshd, account), user: 'root' },
    })
    expect(stageOf(events, 'user')).toMatchObject({ state: 'failed', code: 'ssh.root-refused' })
    expect(stageOf(events, 'user')?.remedy).toContain('adduser')
  })

  test('names the locked account where a key is refused', async () => {
    const locked = ensureSandboxAccount('hdlocked')
    execFileSync('usermod', ['-p', '!', locked.user])
    const server = await start({ accounts: [locked] })
    const events = await check(server, { address: sandboxAddress(server, locked) })
    expect(stageOf(events, 'authentication')).toMatchObject({
      state: 'failed',
      code: 'ssh.auth-failed',
    })
    expect(stageOf(events, 'authentication')?.remedy).toContain('counts as locked')
  })

  test('warns of a slow login shell', async () => {
    const slow = path.join(folder, 'slow-shell')
    writeFileSync(slow, '#!/bin/sh\nsleep 0.1\nexec /bin/sh "$@"\n')
    chmodSync(slow, 0o755)
    chmodSync(folder, 0o755)
    const user = ensureSandboxAccount('hdslow')
    execFileSync('usermod', ['-s', slow, user.user])
    const server = await start({ accounts: [user] })
    const events = await check(server, { address: sandboxAddress(server, user) })
    expect(stageOf(events, 'shell-speed')).toMatchObject({
      state: 'warning',
      code: 'ssh.shell-slow',
    })
  })

  test('warns of a server that allows few commands at once', async () => {
    const server = await start({ config: ['MaxSessions 2'] })
    expect(stageOf(await check(server), 'channels')).toMatchObject({ state: 'warning' })
  })

  test('that nobody watches any more closes its connection', async () => {
    const { signal: _signal, ...rest } = parts(sshd)
    for await (const event of checkConnection(rest)) if (event.stage === 'user') break
    await eventually(() =>
      expect(sshd.log().trimEnd().split('\n').slice(-4).join('\n')).toMatch(/disconnect|closed/i),
    )
  })

  test('names a key file that is missing', async () => {
    const events = await check(sshd, withLogin({ method: 'key', keyFile: '/nowhere/key' }))
    expect(stageOf(events, 'authentication')).toMatchObject({
      state: 'failed',
      code: 'ssh.key-missing',
    })
  })
})

test('an abort while it opens ends it with the reason', async () => {
  const reason = new Error('enough')
  const abort = new AbortController()
  const opening = openConnection(parts(sshd, { signal: abort.signal }))
  abort.abort(reason)
  await expect(opening).rejects.toBe(reason)
})
