import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BootstrapEvent, BootstrapParameters } from '#shared/contract/bootstrap.ts'
import type { BackendAddress } from '#shared/domain/objects.ts'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { aDataFolder, openDeskAt, removeFolder, untilEnded } from '../support/desk.ts'
import { type Ground, PROGRAM, prepareGround } from '../support/hosting-machine.ts'
import { ensureSandboxAccount, type SandboxAccount } from '../support/sandbox-account.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'

const dataFolder = aDataFolder()
let ground: Ground
let sshd: Sshd
let app: App
let calls: DeskClient
/** An administrator who may use sudo with a password. */
let administrator: SandboxAccount
let sudoers: string

beforeAll(async () => {
  ground = await prepareGround({ name: 'hdrun', slots: 2 })
  administrator = ensureSandboxAccount('hdadmin')
  sudoers = `/etc/sudoers.d/${administrator.user}`
  writeFileSync(sudoers, `${administrator.user} ALL=(ALL) ALL\n`, { mode: 0o440 })
  sshd = await startSshd({
    publicKeyFiles: [`${ground.keyFile}.pub`, `${administrator.keyFile}.pub`],
  })
  ;({ app, calls } = await openDeskAt(dataFolder, { programFile: PROGRAM }))
}, 120_000)

afterAll(async () => {
  await app.close()
  await sshd.stop()
  await ground.clear()
  rmSync(sudoers, { force: true })
  removeFolder(dataFolder)
})

const address = (user: string, keyFile = ground.keyFile): BackendAddress => ({
  host: '127.0.0.1',
  port: sshd.port,
  user,
  login: { method: 'key', keyFile },
})

async function run(
  user: string,
  more: { sudoPassword?: string; parameters?: Partial<BootstrapParameters>; sha256?: string } = {},
): Promise<{ events: BootstrapEvent[]; lines: string[] }> {
  const parameters = { ...ground.parameters, ...more.parameters }
  const { sha256 } = await calls.bootstrap.script(parameters)
  const keyFile = user === administrator.user ? administrator.keyFile : ground.keyFile
  const events: BootstrapEvent[] = []
  const { sudoPassword } = more
  const stream = await calls.bootstrap.run({
    address: address(user, keyFile),
    parameters,
    sha256: more.sha256 ?? sha256,
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  })
  for await (const event of stream) events.push(event)
  const lines = events.flatMap((event) => (event.event === 'line' ? [event.text] : []))
  return { events, lines }
}

const connectionsOf = async (user: string): Promise<string[]> =>
  (await calls.backend.list())
    .filter((backend) => backend.user === user)
    .map(({ state }) => state.connection)

describe('preparing a server from the application', () => {
  test('runs nothing on a host whose key nobody has accepted', async () => {
    await expect(run('root')).rejects.toMatchObject({ data: { code: 'ssh.host-key-unknown' } })
    await calls.backend.trustHostKey(sshd.hostKey)
  })

  test('runs only the script that was shown', async () => {
    await expect(run('root', { sha256: 'another' })).rejects.toMatchObject({
      data: { code: 'bootstrap.script-changed' },
    })
  })

  test('carries the parameters as they were typed, and nothing that is none', async () => {
    const { publicKey } = ground.parameters
    const { text } = await calls.bootstrap.script({
      ...ground.parameters,
      publicKey: `${publicKey} it's $(mine)`,
    })
    expect(text).toContain(`public_key='${publicKey} it'\\''s $(mine)'`)
    for (const wrong of [`${publicKey}\nsecond`, 'no key', "ssh-ed25519 AAAA'; id"])
      await expect(
        calls.bootstrap.script({ ...ground.parameters, publicKey: wrong }),
      ).rejects.toMatchObject({ data: { problems: { publicKey: expect.any(String) as string } } })
  })

  test('says the refusal of a script that did not begin', async () => {
    const { events } = await run('root', { parameters: { account: 'root' } })
    expect(events.at(-1)).toMatchObject({
      event: 'ended',
      exitCode: 1,
      refusal: 'there is an account root that this script did not make; choose another name.',
      ready: null,
    })
  })

  test('a login as root prepares it, and the account then hosts', async () => {
    const { events, lines } = await run('root')
    expect(lines).toContain(`+ made account ${ground.account}, which hosts`)
    expect(events.at(-1)).toEqual({
      event: 'ended',
      exitCode: 0,
      refusal: null,
      ready: {
        account: ground.account,
        slots: 2,
        httpPort: ground.parameters.httpPort,
        httpsPort: ground.parameters.httpsPort,
      },
    })
    const stages: string[] = []
    for await (const { stage, state, message } of await calls.backend.check({
      address: address(ground.account),
    }))
      if (state !== 'running') stages.push(`${stage} ${state === 'ok' ? state : message}`)
    expect(
      stages.filter((line) => !line.endsWith(' ok') && !line.startsWith('shell-speed')),
    ).toEqual([])
    const { task } = await calls.server.add({
      title: 'fresh',
      backend: { address: address(ground.account) },
      services: {
        http: { type: 'nginx', port: ground.parameters.httpPort, restartCommand: null },
      },
    })
    const ended = await untilEnded(calls, task.id)
    expect(ended.errorMessage).toBeNull()
    expect(ended.status).toBe('success')
  })

  test('an account that may use sudo is asked for its password, which is sent only where it is asked', async () => {
    await expect(run(administrator.user)).rejects.toMatchObject({
      data: { code: 'bootstrap.password-needed' },
    })
    await expect(run(administrator.user, { sudoPassword: 'wrong' })).rejects.toMatchObject({
      data: { code: 'bootstrap.password-wrong' },
    })
    const { password: sudoPassword } = administrator
    expect(await connectionsOf(ground.account)).toEqual(['open'])
    const { events, lines } = await run(administrator.user, {
      sudoPassword,
      parameters: { slots: 3 },
    })
    expect(lines).toContain(`+ made account ${ground.account}03, a slot`)
    // What was connected before has not the groups of the new slots.
    expect(await connectionsOf(ground.account)).toEqual(['closed'])
    expect(lines.join('\n')).not.toContain(sudoPassword)
    expect(events.at(-1)).toMatchObject({ exitCode: 0, ready: { slots: 3 } })
    writeFileSync(sudoers, `${administrator.user} ALL=(ALL) NOPASSWD: ALL\n`)
    const again = await run(administrator.user, { sudoPassword, parameters: { slots: 3 } })
    expect(again.lines).toContain('Nothing had to be changed.')
    expect(again.lines.join('\n')).not.toContain('not found')
  })

  test('an account that may not is told so', async () => {
    rmSync(sudoers)
    await expect(
      run(administrator.user, { sudoPassword: administrator.password }),
    ).rejects.toMatchObject({ data: { code: 'bootstrap.not-root' } })
  })

  test('the sandbox user has no right to become root', async () => {
    const { code } = await run(ground.account).then(
      () => ({ code: 'none' }),
      (error: { data: { code: string } }) => error.data,
    )
    expect(['bootstrap.password-needed', 'bootstrap.not-root']).toContain(code)
  })

  test('nothing of it is stored', () => {
    const { user, password } = administrator
    const found = spawnSync('grep', ['-rlaE', `${user}|${password}|made account`, dataFolder], {
      encoding: 'utf8',
    })
    expect(found.stdout).toBe('')
  })
})

test('the public keys of a login are those that let it in', async () => {
  const { keys } = await calls.bootstrap.publicKeys({
    login: { method: 'key', keyFile: ground.keyFile },
  })
  expect(keys).toEqual([ground.parameters.publicKey])
  const none = await calls.bootstrap.publicKeys({ login: { method: 'password' } })
  expect(none.keys).toEqual([])
})
