import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { eventually } from '../support/eventually.ts'
import { packAgain } from '../support/pack-again.ts'
import type { Ran } from '../support/provision.ts'

const SITE = 'www.alone.example'

let desk: CodeHarness
let slot: string

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdalone', slots: 2 })
  await desk.addPlatform('one')
  slot = (await desk.install(SITE, 'one')).result.data['slot'] as string
}, 180_000)
afterAll(() => desk?.close())

const isLock = (line: string): boolean => /^\.hosting-desk\/locks\/[^ ]/.test(line)

/** Kills the program, and nothing that it has started, once that is there; then the next command follows at once. */
async function killAlone(
  argv: readonly string[],
  goesOn: () => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ ran: Ran; tookMs: number }> {
  const before = desk.state()
  const { child, ended } = desk.machine.start(argv, {}, env)
  await eventually(() => expect(goesOn()).not.toEqual([]), { timeoutMs: 30_000 })
  process.kill(child.pid ?? 0, 'SIGKILL')
  await expect(ended).rejects.toThrow('not one result')
  expect(goesOn()).not.toEqual([])
  const killedAt = performance.now()
  const ran = await desk.succeed('verify', 'platform_one')
  const tookMs = performance.now() - killedAt
  expect(goesOn()).toEqual([])
  expect(desk.state().filter((line) => !isLock(line))).toEqual(before)
  return { ran, tookMs }
}

const logOf = ({ events }: Ran): string =>
  events.flatMap((event) => (event.event === 'log' ? [event.message] : [])).join('\n')

describe('where the program alone is killed, the next command first ends what it had started', () => {
  test('a git that fetches code', async () => {
    const { account, home } = desk.machine
    const script = `mkdir ~/bin; printf '#!/bin/sh\\nsetsid sleep 600 &\\nwait\\n' >~/bin/git; chmod 755 ~/bin/git`
    expect(desk.machine.as(account, script).stderr).toBe('')
    await desk.save('platform_git', {
      context_type: 'platform',
      server: '@server_a',
      root: '~/code/git',
      source_type: 'git',
      source_url: 'https://code.example/site.git',
    })
    const fetching = (): string[] =>
      desk.machine
        .as(account, `ps -o args= -u ${account}`)
        .stdout.split('\n')
        .filter((line) => /sleep 600|bin\/git/.test(line))
    const { ran } = await killAlone(['provision-verify', '@platform_git'], fetching, {
      PATH: `${home}/bin:/usr/bin:/bin`,
    })
    expect(logOf(ran)).toContain('“verify @platform_git” of')
    expect(logOf(ran)).toMatch(/Ended what it had started and what went on: [23]\./)
    expect(desk.leftovers()).toEqual([])
  }, 120_000)

  test('a dump that is loaded in the slot', async () => {
    const file = (await desk.succeed('backup', SITE)).result.data['file'] as string
    packAgain(
      file,
      { site: SITE, folder: desk.inHome('packed') },
      "echo 'DO SLEEP(60);' >> database.sql",
    )
    const loading = (): string[] =>
      desk.processesOf(slot).filter((line) => /mariadb .*--loose-sandbox/.test(line))
    const { ran, tookMs } = await killAlone(['provision-restore', `@${SITE}`, file], loading)
    expect(logOf(ran)).toContain(`“restore @${SITE}” of`)
    expect(tookMs).toBeLessThan(20_000)
    expect(desk.processesOf(slot)).toEqual([])
    expect((await desk.fetch(SITE))?.status).toBe(200)
  }, 120_000)
})
