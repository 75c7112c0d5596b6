import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { localCrontab, remoteCrontab } from '../../main/crontab/crontab-access.ts'
import { Crontabs } from '../../main/crontab/crontabs.ts'
import type { OpenConnection } from '../../main/ssh/open-connection.ts'
import { build } from '../../tools/build.ts'
import { aDataFolder, removeFolder } from '../support/desk.ts'
import { codeOf, openTo, sandboxAddress } from '../support/ssh.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from '../support/sshd.ts'

const account = ensureSandboxAccount('hdcron')
const SANDBOX_CRONTAB = path.join(import.meta.dirname, '../support/sandbox-crontab')
const ID = '00000000-0000-7000-8000-000000000001'

/** Twenty lines of other people: their own environment, look-alikes of ours, tabs, bytes that are no UTF-8. */
const FOREIGN = Buffer.from(
  [
    '# m h dom mon dow command',
    'SHELL=/bin/sh',
    'PATH=/usr/local/bin:/usr/bin:/bin',
    'MAILTO=""',
    '',
    '0 5 * * 1 tar -zcf /var/backups/home.tgz /home/',
    '*/5\t*\t*\t*\t*\tcurl -s https://example.com/cron >/dev/null',
    '@reboot sleep 10 && /opt/start',
    String.raw`30 2 * * * date +\%Y-\%m-\%d >> /tmp/dates`,
    '# caf\u00e9 in latin1',
    '15 3 * * * echo "  spaces   stay  "   ',
    '* * * * * /usr/bin/env php /var/aegir/drush @hostmaster hosting-dispatch',
    '# BEGIN hosting-desk other',
    '* * * * * node cli.js dispatch',
    '# END hosting-desk other',
    ' # BEGIN hosting-desk server',
    '# END hosting-desk servers',
    'LANG="de_DE.UTF-8"',
    '0 0 1 1 * echo new year # hosting-desk',
    '59 23 * * 0 true',
    '',
  ].join('\n'),
  'latin1',
)

let sshd: Sshd
let connection: OpenConnection
let crontabs: Crontabs

const crontabOf = (...args: string[]): Buffer =>
  execFileSync('crontab', ['-u', account.user, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
const putCrontab = (text: Buffer): void =>
  void execFileSync('crontab', ['-u', account.user, '-'], { input: text })
const hasCrontab = (): boolean => {
  try {
    return crontabOf('-l').length >= 0
  } catch {
    return false
  }
}
const clear = (): void => {
  if (hasCrontab()) crontabOf('-r')
}

beforeAll(async () => {
  sshd = await startSshd({ publicKeyFiles: [`${account.keyFile}.pub`] })
  connection = await openTo(sshd, { address: sandboxAddress(sshd, account) })
  crontabs = new Crontabs({
    connect: () => Promise.resolve(connection),
    here: { kind: 'server', node: '/usr/bin/node', home: '/nowhere' },
    dataFolder: '/nowhere',
    path: '/usr/bin:/bin',
  })
})
beforeEach(clear)
afterAll(async () => {
  clear()
  connection.close()
  await sshd.stop()
})

/** As a person does it: looks, then says yes to what was shown. */
async function apply(wish: 'install' | 'remove') {
  const { before } = await crontabs.show(ID, wish)
  return crontabs.apply(ID, wish, before)
}

test('lines of others are the same bytes after install, install again and remove', async () => {
  putCrontab(FOREIGN)
  expect(FOREIGN.toString('latin1').split('\n')).toHaveLength(21)

  const installed = await apply('install')
  expect(installed.difference.filter(({ change }) => change === 'removed')).toEqual([])
  const once = crontabOf('-l')
  expect(once.subarray(0, FOREIGN.length).equals(FOREIGN)).toBe(true)
  expect(once.subarray(FOREIGN.length).toString('utf8')).toBe(await crontabs.print(ID))

  const again = await apply('install')
  expect(again.difference.every(({ change }) => change === 'same')).toBe(true)
  expect(crontabOf('-l').equals(once)).toBe(true)

  await apply('remove')
  expect(crontabOf('-l').equals(FOREIGN)).toBe(true)
  await apply('remove')
  expect(crontabOf('-l').equals(FOREIGN)).toBe(true)
})

test('an account without a crontab has none again', async () => {
  await apply('install')
  expect(crontabOf('-l').toString('utf8')).toBe(await crontabs.print(ID))
  await apply('remove')
  expect(hasCrontab()).toBe(false)
  await apply('remove')
  expect(hasCrontab()).toBe(false)
})

test('what was shown is what is done: a crontab that changed meanwhile is left alone', async () => {
  const { before } = await crontabs.show(ID, 'install')
  putCrontab(Buffer.from('0 1 * * * something new\n'))
  expect(await codeOf(crontabs.apply(ID, 'install', before))).toBe('object.changed-meanwhile')
  expect(crontabOf('-l').toString()).toBe('0 1 * * * something new\n')
})

test('a crontab that cron does not take is refused with its reason', async () => {
  putCrontab(FOREIGN)
  const access = remoteCrontab(connection)
  expect(await codeOf(access.write('this is no line of a crontab\n'))).toBe('crontab.refused')
  expect(crontabOf('-l').equals(FOREIGN)).toBe(true)
})

test('the crontab of this computer is read and written as a server’s is', async () => {
  // Our process is root here; a program of that name before the real one leads to the sandbox account's crontab.
  const before = process.env['PATH']
  process.env['PATH'] = `${SANDBOX_CRONTAB}:${before}`
  try {
    const access = localCrontab()
    expect(await access.read()).toBe('')
    await access.write(FOREIGN.toString('latin1'))
    expect(crontabOf('-l').equals(FOREIGN)).toBe(true)
    expect(await access.read()).toBe(FOREIGN.toString('latin1'))
    await access.write('')
    expect(hasCrontab()).toBe(false)
    process.env['PATH'] = '/nowhere'
    expect(await codeOf(access.read())).toBe('crontab.missing')
  } finally {
    process.env['PATH'] = before
  }
})

test('the command line prints, installs and removes the line of this data folder, and the line dispatches', async () => {
  await build({ targets: ['provision', 'templates', 'main'] })
  const data = aDataFolder()
  const cli = path.join(import.meta.dirname, '../../dist/main/cli.js')
  const env = { ...process.env, PATH: `${SANDBOX_CRONTAB}:${process.env['PATH']}` }
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [cli, 'crontab', ...args, '--data', data], {
      encoding: 'utf8',
      env,
    })
  try {
    putCrontab(FOREIGN)
    const printed = run('print')
    expect(run('install')).toBe(printed.replace(/^/gm, '+ ').replace(/\+ $/, ''))
    expect(crontabOf('-l').equals(Buffer.concat([FOREIGN, Buffer.from(printed)]))).toBe(true)
    expect(run('install')).toBe('The crontab was so already.\n')
    const [, line = ''] = /^\* \* \* \* \* (.*)$/m.exec(printed) ?? []
    expect(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' })).toBe('')
    expect(existsSync(path.join(data, 'store'))).toBe(true)
    run('remove')
    expect(crontabOf('-l').equals(FOREIGN)).toBe(true)
    expect(() => run('install', 'nobody')).toThrow(/no backend called/)
    expect(() => run('edit')).toThrow(/no command/)
  } finally {
    removeFolder(data)
  }
}, 120_000)
