import { chmod, mkdir, rename, stat, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureDemoAccount, runAs } from '../../../main/demo/demo-account.ts'
import { ensureNode } from '../../../main/demo/demo-node.ts'
import { findProcesses } from '../../../main/demo/demo-processes.ts'
import { DemoServer } from '../../../main/demo/demo-server.ts'
import { DemoHarness, openExec, run } from '../../support/demo.ts'
import { eventually } from '../../support/eventually.ts'

let harness: DemoHarness

beforeEach(async () => {
  harness = await DemoHarness.open()
})
afterEach(() => harness.close())

const folder = (): string => path.join(harness.data, 'demo')

describe('the demo server from one start to the next', () => {
  test('keeps its ports, its host key, its client key and its home', async () => {
    await harness.shell('echo kept > "$HOME/kept"')
    await harness.demo.stop()
    expect(await harness.demo.start()).toEqual(harness.facts)
    expect(await harness.shell('cat "$HOME/kept"')).toBe('kept\n')
  })

  test('takes another port where its own is taken, says so, and keeps that one', async () => {
    await harness.demo.stop()
    const thief = net.createServer()
    await new Promise<void>((resolve) =>
      thief.listen(harness.facts.sshPort, '127.0.0.1', () => resolve()),
    )
    const moved = await harness.demo.start()
    expect(moved.isMoved).toBe(true)
    expect(moved.sshPort).not.toBe(harness.facts.sshPort)
    expect(moved.webPort).toBe(harness.facts.webPort)
    await new Promise((resolve) => thief.close(resolve))
    await harness.demo.stop()
    expect(await harness.demo.start()).toEqual({ ...moved, isMoved: false })
    harness.facts = moved
    expect(await harness.shell('echo here')).toBe('here\n')
  })

  test('keeps its keys to itself, and makes a spoilt one anew', async () => {
    expect((await stat(folder())).mode & 0o777).toBe(0o700)
    expect((await stat(harness.facts.clientKeyFile)).mode & 0o777).toBe(0o600)
    expect((await stat(path.join(folder(), 'host_key'))).mode & 0o777).toBe(0o600)
    await writeFile(harness.facts.clientKeyFile, 'cut')
    await writeFile(path.join(folder(), 'state.json'), '{"sshPort":')
    harness.facts = await harness.demo.start()
    expect(await harness.shell('echo here')).toBe('here\n')
  })

  test('listens on loopback only', async () => {
    const { sshPort, webPort } = harness.facts
    for (const port of [sshPort, webPort]) {
      const second = net.createServer()
      const isFree = await new Promise((resolve) => {
        second.on('error', () => resolve(false)).listen(port, '127.0.0.2', () => resolve(true))
      })
      second.close()
      expect(isFree).toBe(true)
    }
  })
})

describe('removing the demo server', () => {
  test('ends what runs there, however it detached itself, and leaves nothing', async () => {
    const account = await ensureDemoAccount(folder())
    const client = await harness.connect()
    await run(
      client,
      'setsid sh -c "trap : TERM; while :; do sleep 0.1; done" > /dev/null 2>&1 < /dev/null &',
    )
    await openExec(client, 'sleep 60')
    await harness.shell('mkdir -p "$HOME/a/b"; echo x > "$HOME/a/b/c"; chmod 0 "$HOME/a"')
    await eventually(async () =>
      expect((await findProcesses(account.marker)).length).toBeGreaterThan(1),
    )
    await harness.demo.remove()
    expect(await findProcesses(account.marker)).toEqual([])
    await expect(stat(account.base)).rejects.toThrow(/ENOENT/)
    await expect(stat(folder())).rejects.toThrow(/ENOENT/)
  })

  test('follows no link out of its home', async () => {
    const outside = path.join(harness.data, 'outside')
    await mkdir(outside)
    await writeFile(path.join(outside, 'kept'), 'kept')
    await chmod(harness.data, 0o755)
    await harness.shell(`ln -s "${outside}" "$HOME/link"`)
    await harness.demo.remove()
    expect((await stat(path.join(outside, 'kept'))).size).toBe(4)
  })
})

describe('the account’s node', () => {
  test('is a copy where the account cannot reach the original', async () => {
    const account = await ensureDemoAccount(folder())
    const own = { execPath: process.execPath, isElectron: false, isTransient: true }
    await ensureNode(account, own)
    const script = 'command -v node && node -p process.execPath'
    const [found, real] = (await runAs(account, ['/bin/sh', '-c', script])).split('\n')
    expect(found).toBe(path.join(account.bin, 'node'))
    expect(real).toMatch(new RegExp(`^${account.bin}/node-v`))
  })

  test('is started as Node where the original is Electron', async () => {
    const account = await ensureDemoAccount(folder())
    const electron = path.join(account.bin, "it's electron")
    await writeFile(
      electron,
      `#!/bin/sh\n[ "$ELECTRON_RUN_AS_NODE" = 1 ] && exec "${path.join(account.bin, 'real')}" "$@"\n`,
      { mode: 0o755 },
    )
    await ensureNode(account, { execPath: process.execPath, isElectron: false, isTransient: true })
    await rename(path.join(account.bin, 'node'), path.join(account.bin, 'real'))
    await ensureNode(account, { execPath: electron, isElectron: true, isTransient: false })
    expect(await runAs(account, ['node', '-p', '6*7'])).toBe('42\n')
  })

  test('that cannot be started at all is an error that names the account', async () => {
    const account = await ensureDemoAccount(folder())
    const own = { execPath: path.join(harness.data, 'none'), isElectron: false, isTransient: false }
    await expect(ensureNode(account, own)).rejects.toMatchObject({
      code: 'demo.no-account',
      message: expect.stringContaining(account.name) as string,
    })
  })
})

test('only systems with a POSIX shell are supported', () => {
  const supported = ['linux', 'darwin', 'win32'].map((name) => DemoServer.isSupported(name))
  expect(supported).toEqual([true, true, false])
})
