import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { CommandLines } from '../support/command-lines.ts'

const SITE = 'www.example.com'
const desk = new CommandLines()

const crontab = (): string => {
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('crontab', ['-u', desk.user, '-l'], options)
  } catch {
    return ''
  }
}
const putCrontab = (text: string): void =>
  void execFileSync('crontab', ['-u', desk.user, '-'], { input: text })
const clear = (): void => {
  if (crontab() !== '') execFileSync('crontab', ['-u', desk.user, '-r'])
}

/** What is said where a command is refused: a line, without what only a programmer reads. */
async function refusal(code: number, ...args: string[]): Promise<string> {
  const ran = await desk.run(...args)
  expect(ran).toMatchObject({ code, out: '' })
  expect(ran.err).not.toMatch(/^\s+at |\u001b|expected .*received/im)
  expect(ran.err.trim().split('\n')).toHaveLength(1)
  return ran.err.trim()
}

describe('the crontab of a backend', () => {
  beforeEach(async () => {
    clear()
    await desk.aWaitingServer()
  })

  test('gets our lines beside what is there, once; then its server plans, until they are removed', async () => {
    const foreign = 'MAILTO=""\n5 4 * * * echo theirs\n'
    putCrontab(foreign)
    const { out: printed } = await desk.run('crontab', 'print', 'web1')
    expect(printed).toMatch(/^\* \* \* \* \* .*\/\.hosting-desk\/bin\/provision.* dispatch/m)
    expect(crontab()).toBe(foreign)

    const installed = await desk.run('crontab', 'install', 'web1')
    expect(installed).toEqual({ code: 0, err: '', out: printed.replace(/^(?=.)/gm, '+ ') })
    expect(crontab()).toBe(foreign + printed)
    expect(await desk.answer('backend', 'show', 'web1')).toMatchObject({ recurringOwner: 'server' })
    expect((await desk.run('crontab', 'install', 'web1')).out).toBe('The crontab was so already.\n')
    expect(crontab()).toBe(foreign + printed)

    const removed = await desk.run('crontab', 'remove', 'web1')
    expect(removed).toEqual({ code: 0, err: '', out: printed.replace(/^(?=.)/gm, '- ') })
    expect(crontab()).toBe(foreign)
    expect(await desk.answer('backend', 'show', 'web1')).toMatchObject({ recurringOwner: 'desk' })
    expect((await desk.run('crontab', 'remove', 'web1')).out).toBe('The crontab was so already.\n')
  }, 120_000)

  test('is shown as JSON', async () => {
    const view = await desk.answer('crontab', 'install', 'web1')
    expect(view).toMatchObject({ before: '', after: crontab() })
    await desk.answer('crontab', 'remove', 'web1')
    expect(crontab()).toBe('')
  }, 60_000)

  test('is left alone where cron does not let the account in, and its server does not plan', async () => {
    const deny = '/etc/cron.deny'
    const before = readFileSync(deny, 'utf8')
    onTestFinished(() => writeFileSync(deny, before))
    appendFileSync(deny, `${desk.user}\n`)
    expect(await refusal(1, 'crontab', 'install', 'web1')).toMatch(
      /crontab on the server.*not allowed/,
    )
    expect(await desk.answer('backend', 'show', 'web1')).toMatchObject({ recurringOwner: 'desk' })
  }, 60_000)

  test.each([
    [['install', 'nobody'], 'There is no backend called “nobody”.'],
    [['install', ''], 'There is no backend called “”.'],
    [['install', '\u001b[31mred'], 'There is no backend called'],
    [['install', 'a'.repeat(100_000)], 'There is no backend called'],
    [['edit', 'web1'], '“crontab edit web1” is no command.'],
    [
      ['install', 'web1', 'web2'],
      'has a word too many. It is written: hosting-desk crontab install',
    ],
    [[], '“crontab” is no command.'],
  ])('is left alone where what was typed cannot be: %j', async (words, said) => {
    expect(await refusal(2, 'crontab', ...words)).toContain(said)
    expect(crontab()).toBe('')
  })
})

describe('a site’s own schedule of backups', () => {
  const schedule = (...words: string[]) => desk.run('backup', 'schedule', ...words)
  const shown = () => desk.answer('site', 'show', SITE)

  test('is set, changed and ended', async () => {
    await desk.aSite(SITE)
    expect(await schedule(`@${SITE}`, '24h')).toEqual({
      code: 0,
      err: '',
      out: `${SITE} is backed up every 24h.\n`,
    })
    expect(await shown()).toMatchObject({ backupEverySeconds: 86_400 })
    expect(await desk.answer('backup', 'schedule', SITE, '90')).toMatchObject({
      backupEverySeconds: 90,
    })
    expect((await schedule(SITE, 'off')).out).toBe(`${SITE} is no longer backed up by itself.\n`)
    expect(await shown()).toMatchObject({ backupEverySeconds: null })
  }, 120_000)

  test('is not set by what cannot be', async () => {
    await desk.aSite(SITE)
    for (const [words, said] of [
      [[SITE, 'soon'], '“soon” is no duration'],
      [[SITE, ''], '“” is no duration'],
      [[SITE, '1.5h'], '“1.5h” is no duration'],
      [[SITE, '59s'], 'a minute (1m) is the least'],
      [[SITE, '0'], 'a minute (1m) is the least'],
      [[SITE, '9999999d'], 'at most'],
      [['nowhere.example', '24h'], 'There is nothing called “site:nowhere.example”.'],
      [['@server_web1', '24h'], 'There is nothing called'],
      [['', '24h'], 'There is nothing called'],
      [['\u001b[31mred', '24h'], 'There is nothing called'],
      [[SITE], 'lacks a word. It is written: hosting-desk backup schedule SITE EVERY'],
      [[SITE, '24h', '12h'], 'has a word too many'],
    ] as const) {
      expect(await refusal(2, 'backup', 'schedule', ...words)).toContain(said)
    }
    expect(await shown()).toMatchObject({ backupEverySeconds: null })
  }, 120_000)
})
