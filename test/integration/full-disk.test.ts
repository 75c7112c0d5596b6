import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { renderRequest } from '#shared/protocol/provision.ts'
import { CodeHarness } from '../support/code-harness.ts'
import { eventually } from '../support/eventually.ts'
import { aRun, finished, lastOf, sh } from '../support/runs.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { collectEvents, openTo } from '../support/ssh.ts'

const SITE = 'www.shop.example'
const OLD = 'old.shop.example'
const MB = 1_000_000

let desk: CodeHarness
let disk: SmallDisk
/** Some five megabytes of files and a database of two. */
let backup: string

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdtight', slots: 4 })
  await desk.addPlatform('one')
  await desk.addPlatform('two')
  const { slot } = (await desk.install(SITE, 'one')).result.data as { slot: string }
  const { account } = desk.machine
  desk.machine.as(
    slot,
    `head -c 5000000 /dev/urandom >${desk.inHome(`slots/${slot}/${SITE}`)}/files/large`,
  )
  desk.machine.query(
    `CREATE TABLE ${slot}_main.large (a LONGTEXT); INSERT INTO ${slot}_main.large VALUES (REPEAT('large ', 350000))`,
  )
  backup = (await desk.succeed('backup', SITE)).result.data['file'] as string
  execFileSync('sh', [
    '-ec',
    `mkdir -p "$1/files"; head -c 5000000 /dev/urandom >"$1/files/large"; echo 'CREATE TABLE t (a INT);' >"$1/database.sql"; chown -R ${account}:${account} "$1"`,
    'sh',
    desk.inHome(`sites/${OLD}`),
  ])
  await desk.save(OLD, { context_type: 'site', platform: '@platform_one', uri: OLD })
  await desk.save('copy.shop.example', {
    context_type: 'site',
    platform: '@platform_one',
    uri: 'copy.shop.example',
  })
  disk = SmallDisk.over(desk.machine.home, 80)
}, 180_000)
afterEach(() => disk?.free())
afterAll(async () => {
  disk?.remove()
  await desk?.close()
})

describe('where there is little room, nothing is begun that would not fit', () => {
  const commands = (): [name: string, uri: string, ...args: string[]][] => [
    ['backup', SITE],
    ['restore', SITE, backup],
    ['clone', SITE, '@new.shop.example', '@platform_one'],
    ['clone', SITE, '@new.shop.example', '@platform_two', backup],
    ['migrate', SITE, '@platform_two'],
    ['import', 'copy.shop.example', backup],
    ['import', OLD],
    ['delete', SITE],
  ]

  test('and the refusal tells how much is needed, and how much is free', async () => {
    disk.fill(3 * MB)
    const before = desk.state()
    for (const [name, uri, ...args] of commands()) {
      const { result } = await desk.fail('PROVISION_NO_SPACE', name, uri, ...args)
      expect(result.errorMessage, name).toMatch(
        new RegExp(
          `^This may need \\d+ MB \\(.*\\), and only [23] MB are free where ${desk.machine.home} lies: `,
        ),
      )
      expect(desk.state(), name).toEqual(before)
    }
  }, 120_000)

  test('nor where the database grew so fast that MariaDB has not counted it yet', async () => {
    const { slot } = (await desk.succeed('verify', SITE)).result.data as { slot: string }
    const table = `${slot}_main.uncounted`
    desk.machine.query(
      `CREATE TABLE ${table} (a LONGTEXT) STATS_AUTO_RECALC=0; INSERT INTO ${table} VALUES (REPEAT('large ', 2000000))`,
    )
    disk.fill(20 * MB)
    const { result } = await desk.fail('PROVISION_NO_SPACE', 'backup', SITE)
    desk.machine.query(`DROP TABLE ${table}`)
    expect(result.errorMessage).toMatch(
      /^This may need \d+ MB \(for a backup with a database of 1\d MB/,
    )
  }, 60_000)

  test('nor where the database has its data on a disk that is too small', async () => {
    const data = path.join(path.dirname(path.dirname(desk.machine.mariadb.socket)), 'data')
    await desk.machine.mariadb.stop()
    const small = SmallDisk.over(data, 200)
    try {
      await desk.machine.mariadb.restart()
      small.fill(MB)
      const files = desk.filesIn('.')
      for (const [name, uri, ...args] of commands().slice(1, 6)) {
        const { result } = await desk.fail('PROVISION_NO_SPACE', name, uri, ...args)
        expect(result.errorMessage, name).toMatch(
          /^This may need \d+ MB \(to load a database of \d+ MB\), and only [01] MB are free where .*\/data\/? lies: /,
        )
        expect(desk.filesIn('.'), name).toEqual(files)
      }
    } finally {
      await desk.machine.mariadb.stop()
      small.remove()
      await desk.machine.mariadb.restart()
    }
  }, 120_000)

  test('and all of it is done where there is room again', async () => {
    expect(disk.freeBytes).toBeGreaterThan(30 * MB)
    await desk.succeed('restore', SITE, backup)
    expect((await desk.fetch(SITE))?.status).toBe(200)
  }, 60_000)
})

describe('on a disk that is full', () => {
  const reserve = (): number => statSync(desk.inHome('.hosting-desk/reserve')).size

  test('what needs room fails as a whole', async () => {
    disk.fill(0)
    const before = desk.state()
    for (const [name, uri, ...args] of [
      ['backup', SITE],
      ['verify', 'server_a'],
      ['install', 'copy.shop.example'],
      ['delete', SITE],
    ] as const) {
      const { result } = await desk.command(name, uri, ...args)
      expect(result.errorCode, name).toBe('PROVISION_NO_SPACE')
      expect(withoutReserve(desk.state()), name).toEqual(withoutReserve(before))
    }
  }, 60_000)

  test('backups can be deleted, and then there is room, and some of it is kept again', async () => {
    await desk.succeed('verify', 'server_a')
    expect(reserve()).toBe(2 * 1024 * 1024)
    disk.fill(0)
    await desk.succeed('backup-delete', SITE, backup)
    expect(existsSync(backup)).toBe(false)
    expect(reserve()).toBe(2 * 1024 * 1024)
    expect(disk.freeBytes).toBeGreaterThan(4 * MB)
    expect(desk.leftovers()).toEqual([])
  }, 60_000)

  test('a site can be deleted, as it is forced to go without a last backup', async () => {
    const { slot } = (await desk.install('copy.shop.example', 'one')).result.data as {
      slot: string
    }
    const folder = desk.inHome(`slots/${slot}/copy.shop.example/files`)
    desk.machine.as(slot, `head -c 5000000 /dev/urandom >${folder}/large`)
    disk.fill(0)
    const argv = ['provision-delete', '@copy.shop.example']
    const { result, events } = await desk.machine.run(argv, { options: { force: true } })
    expect(result.errorMessage).toBeNull()
    expect(JSON.stringify(events)).toContain('Deleted without a last backup: ')
    expect(desk.databases().filter((name) => name.startsWith(slot))).toEqual([])
    expect(desk.leftovers()).toEqual([])
  }, 60_000)

  describe('a server that plans for itself', () => {
    const retention = {
      name: 'backup-retention',
      type: 'batch',
      isEnabled: true,
      isPaused: false,
      frequencySeconds: 60,
      items: 5,
      minThreads: 1,
      maxThreads: 6,
      threshold: 100,
      rules: '7d 1d',
    }
    const old = [1, 2, 3].map((hour) => `backups/${SITE}-20250101T0${hour}0000Z.tar.gz`)
    const plan = async (queues: JsonRecord[] | null): Promise<void> => {
      const { result } = await desk.save('server_a', {
        dispatch_plan: queues === null ? null : { queues },
      })
      expect(result.errorMessage).toBeNull()
    }
    const putOld = (): void => {
      for (const name of old)
        desk.machine.as(desk.machine.account, `head -c 1000000 /dev/urandom >~/${name}`)
    }
    const dispatch = () => desk.machine.run(['dispatch'], '')

    beforeEach(async () => {
      desk.machine.as(desk.machine.account, 'rm -rf ~/.hosting-desk/dispatch')
      await plan([retention])
      await desk.succeed('verify', 'server_a')
      expect(reserve()).toBe(2 * 1024 * 1024)
    })
    afterEach(async () => {
      disk.free()
      await plan(null)
    })

    test('thins out its backups, and then keeps some room again', async () => {
      putOld()
      disk.fill(0)
      const { result } = await dispatch()
      const outcome = result.data['backup-retention@server_a'] as { runs: string[] }
      expect(outcome).toEqual({ state: 'ran', runs: [expect.any(String)] })
      const run = desk.inHome(`.hosting-desk/runs/${outcome.runs[0]}`)
      expect(readFileSync(`${run}/status.0`, 'utf8')).toBe('0\n')
      expect(old.map((name) => existsSync(desk.inHome(name)))).toEqual([false, false, true])
      expect(reserve()).toBe(2 * 1024 * 1024)
      expect(desk.leftovers()).toEqual([])
    }, 60_000)

    test('gives nothing up where there is nothing to thin out', async () => {
      const { mtimeMs } = statSync(desk.inHome('.hosting-desk/reserve'))
      disk.fill(0)
      await dispatch()
      expect(statSync(desk.inHome('.hosting-desk/reserve')).mtimeMs).toBe(mtimeMs)
    }, 60_000)

    test('first takes back what was killed', async () => {
      putOld()
      const journals = desk.inHome('.hosting-desk/journals')
      const { child, ended } = desk.machine.start(['provision-backup', `@${SITE}`])
      ended.catch(() => undefined)
      await eventually(() => expect(readdirSync(journals)).not.toEqual([]))
      child.kill('SIGKILL')
      await ended.catch(() => undefined)
      expect(readdirSync(journals)).not.toEqual([])
      disk.fill(0)
      const { result } = await dispatch()
      expect(result.data['backup-retention@server_a']).toMatchObject({ state: 'ran' })
      expect(desk.leftovers()).toEqual([])
    }, 60_000)
  })

  test.each([0, 1, 2, 3, 8])(
    'a run over SSH that makes room can be begun with %d kB left, and tells how it ended',
    async (kilobytes) => {
      const file = (await desk.succeed('backup', SITE)).result.data['file'] as string
      await desk.succeed('verify', 'server_a')
      const { sshd, address } = desk.machine
      const connection = await openTo(sshd, { address })
      try {
        // As on a server that is in use: the folders of runs are there.
        const first = aRun(sh('true'))
        await connection.runs.start(first)
        await collectEvents(connection.runs.follow(first.id, []))
        disk.fillBut(kilobytes)
        const stdin = renderRequest({})
        const start = desk.machine.argvOf(['provision-backup-delete', `@${SITE}`, file])
        const run = aRun({ name: 'command', argv: start, stdin })
        await connection.runs.start(run)
        expect(lastOf(await collectEvents(connection.runs.follow(run.id, [])))).toEqual(finished(0))
        expect(existsSync(file)).toBe(false)
      } finally {
        connection.close()
      }
    },
    60_000,
  )
})

const withoutReserve = (state: readonly string[]): string[] =>
  state.filter((line) => !line.startsWith('.hosting-desk/reserve '))
