import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { eventually } from '../support/eventually.ts'
import { canChange, readLog, rootOpens } from '../support/root-reads.ts'

const VICTIM = 'www.victim.test'
const HOSTILE = 'www.hostile.test'
const PAGE = 'page.hostile.test'
const FIXTURES = path.join(import.meta.dirname, '../fixtures/hostile')
/** Stands in everything of the other site that is nobody else's business. */
const SECRET = `isolation-${randomUUID()}`
const SESSION = 'abcdef0123456789'

let desk: CodeHarness
let account: string
const slots = new Map<string, string>()
let backup: string

const slotOf = (uri: string): string => slots.get(uri) ?? ''
const siteFolder = (uri: string): string => desk.inHome(`slots/${slotOf(uri)}/${uri}`)
const stateOf = (uri: string): string => `/var/lib/${account}-slots/${slotOf(uri)}`

function asUser(user: string, script: string): string {
  const { exitCode, stdout, stderr } = desk.machine.as(user, script)
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdiso', slots: 4 })
  account = desk.machine.account
  await desk.verifyPlatform('debian', '/usr/share/wordpress')
  await desk.addPlatform('hostile', undefined, `cp ${FIXTURES}/page.php ${FIXTURES}/attempts.php .`)
  for (const [uri, platform, title] of [
    [VICTIM, 'debian', SECRET],
    [HOSTILE, 'debian', 'Hostile'],
    [PAGE, 'hostile', 'Hostile'],
  ] as const) {
    const { result } = await desk.install(uri, platform, { site_title: title })
    slots.set(uri, result.data['slot'] as string)
  }
  await desk.php(VICTIM, `update_option('hd_secret', '${SECRET}');`)
  asUser(account, `echo '// ${SECRET}' >>${siteFolder(VICTIM)}/wp-config.php`)
  asUser(
    slotOf(VICTIM),
    `echo '${SECRET}' >${stateOf(VICTIM)}/sess/sess_${SESSION}; echo '${SECRET}' >${stateOf(VICTIM)}/tmp/upload`,
  )
  backup = (await desk.succeed('backup', VICTIM)).result.data['file'] as string
}, 240_000)
afterAll(() => desk?.close())

describe('the sandbox user', () => {
  test('has no right to become root', async () => {
    const { stdout, exitCode } = desk.machine.as(account, 'sudo -n -l')
    expect(exitCode).not.toBe(0)
    expect(stdout).toBe('')
    const named = execFileSync('sh', [
      '-c',
      `grep -rl ${account} /etc/sudoers /etc/sudoers.d || true`,
    ])
    expect(named.toString()).toBe('')
    const { result } = await desk.succeed('verify', 'server_a')
    expect(result.data['findings']).toContainEqual(
      expect.objectContaining({ check: 'no-root-right', severity: 'ok' }),
    )
  })

  test.each([
    ['change root’s account', "ALTER USER root@localhost IDENTIFIED BY 'x'"],
    ['make an account', 'CREATE USER hostile@localhost'],
    ['rename an account', 'RENAME USER root@localhost TO toor@localhost'],
    ['grant what it has', 'GRANT ALL ON `ACCOUNT01\\_main`.* TO ACCOUNT02@localhost'],
    ['grant what it has not', 'GRANT ALL ON *.* TO ACCOUNT@localhost'],
    ['read the accounts', 'SELECT * FROM mysql.global_priv'],
    ['read the accounts by their view', 'SELECT * FROM mysql.user'],
    ['write the accounts', "UPDATE mysql.global_priv SET Priv = '{}'"],
    ['read a file', "SELECT IF(LOAD_FILE('/etc/passwd') IS NULL, (SELECT 1 FROM mysql.db), 1)"],
    ['write a file', "SELECT 1 INTO OUTFILE '/tmp/hostile'"],
    [
      'load a file',
      'CREATE DATABASE ACCOUNT04_x; CREATE TABLE ACCOUNT04_x.t (a TEXT); LOAD DATA INFILE "/etc/passwd" INTO TABLE ACCOUNT04_x.t',
    ],
    ['make a database of another name', 'CREATE DATABASE other_main'],
    ['set what is for all', 'SET GLOBAL general_log = 1'],
    [
      'run as somebody else',
      'CREATE DATABASE IF NOT EXISTS ACCOUNT04_x; CREATE DEFINER = root@localhost VIEW ACCOUNT04_x.v AS SELECT 1',
    ],
  ])('cannot %s in the database', (_, sql) => {
    const statement = sql.replaceAll('ACCOUNT', account)
    const socket = desk.machine.mariadb.socket
    const ran = desk.machine.as(
      account,
      `mariadb --no-defaults --socket=${socket} -e '${statement.replaceAll("'", `'\\''`)}'`,
    )
    expect(ran.stderr).toMatch(/denied/)
    desk.machine.query(`DROP DATABASE IF EXISTS ${account}04_x`)
  })
})

describe('root', () => {
  test('is only PHP’s master, of all that runs for this account', () => {
    const ofRoot = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap((pid) => {
        const info = statSync(`/proc/${pid}`, { throwIfNoEntry: false })
        const title = titleOf(pid)
        return info?.uid === 0 && title.includes(account) ? [title] : []
      })
    expect(ofRoot).toEqual([`php-fpm: master process (/etc/${account}/php/fpm.conf)`])
  })

  test(
    'reads nothing that the sandbox user or a slot can change, in start, reload and a task',
    { timeout: 120_000 },
    async () => {
      const log = `/var/log/${account}-php/trace`
      const sockets = `/run/${account}-php`
      const before = readFileSync(`${sockets}/php.pid`, 'utf8').trim()
      process.kill(Number(before), 'SIGTERM')
      await eventually(() => expect(titleOf(before)).toBe(''))
      const version = /php-fpm(\S+)/.exec(readdirSync('/usr/sbin').join(' '))?.[1] ?? ''
      const master = `umask 007; echo $$ >${sockets}/php.pid; exec setpriv --no-new-privs --inh-caps=-all \
      --bounding-set=-all,+setuid,+setgid,+chown,+kill /usr/sbin/php-fpm${version} --nodaemonize \
      -y /etc/${account}/php/fpm.conf -c /etc/${account}/php/php.ini`
      const calls = 'open,openat,openat2,execve,setuid,setreuid,setresuid,clone,clone3,fork,vfork'
      const tracer = spawn(
        'strace',
        ['-f', '-qq', '-o', log, '-e', `trace=${calls}`, '-e', 'signal=none', 'sh', '-c', master],
        { stdio: 'ignore', cwd: '/' },
      )
      const isUp = (): void => expect(existsSync(`${sockets}/${slotOf(VICTIM)}.sock`)).toBe(true)
      await eventually(isUp, { timeoutMs: 20_000 })
      await eventually(async () => expect(await desk.fetch(VICTIM)).toMatchObject({ status: 200 }))
      await desk.succeed('backup', VICTIM)
      await desk.succeed('cron', VICTIM)
      const pid = Number(readFileSync(`${sockets}/php.pid`, 'utf8'))
      process.kill(pid, 'SIGUSR2')
      await eventually(
        () => {
          const starts = readLog(log).match(/^\d+ +execve\(".*php-fpm[^"]*", .*\) += 0/gm) ?? []
          expect(starts.length).toBeGreaterThan(1)
        },
        { timeoutMs: 20_000 },
      )
      await eventually(
        async () => expect(await desk.fetch(VICTIM)).toMatchObject({ status: 200 }),
        { timeoutMs: 20_000 },
      )
      process.kill(pid, 'SIGTERM')
      await new Promise((resolve) => tracer.once('exit', resolve))
      const opens = rootOpens(readLog(log))
      rmSync(log)
      desk.machine.bootstrap()

      // The trace has seen what a master reads, and what workers read as root before they change their account.
      const files = [...new Set(opens.map(({ file }) => file))]
      expect(files).toContain(`/etc/${account}/php/fpm.conf`)
      expect(files).toContain(`/etc/${account}/php/pool.d/${slotOf(VICTIM)}.conf`)
      expect(new Set(opens.map(({ pid: one }) => one)).size).toBeGreaterThan(1)
      const users = [account, ...desk.machine.slots].map(idsOf)
      const changeable = files.filter((file) => users.some((user) => canChange(file, user)))
      expect(changeable).toEqual([])
    },
  )
})

const titleOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

function idsOf(user: string): { uid: number; gids: number[] } {
  const ids = (flag: string): number[] =>
    execFileSync('id', [flag, user], { encoding: 'utf8' }).trim().split(' ').map(Number)
  return { uid: ids('-u')[0] ?? 0, gids: ids('-G') }
}

/** What an attacker could know or guess of the other site, and of what hosts both. */
const factsFor = (uri: string, own: Record<string, string>): string =>
  JSON.stringify({
    account,
    home: desk.machine.home,
    slot: slotOf(VICTIM),
    uri: VICTIM,
    settings: 'wp-config.php',
    database: `${slotOf(VICTIM)}_main`,
    table: 'wp_options',
    session: SESSION,
    backup,
    stateFolder: `/var/lib/${account}-slots`,
    socketFolder: `/run/${account}-php`,
    doorFolder: `/usr/local/lib/${account}-slot`,
    mariadbSocket: desk.machine.mariadb.socket,
    port: desk.machine.httpPort,
    ownSlot: slotOf(uri),
    ownUri: uri,
    ...own,
  })

type Attempts = Record<string, unknown>

/** Each attempt got nothing, and all of them were made. */
function expectNothing(attempts: Attempts): void {
  expect(Object.entries(attempts).filter(([, got]) => got !== null)).toEqual([])
  expect(Object.keys(attempts).length).toBeGreaterThanOrEqual(70)
}

/** What a hostile process that was left behind has gathered. */
const stolen = (folder: string): string => {
  const file = path.join(folder, 'stolen')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

async function expectHostedAllTheSame(uri: string): Promise<void> {
  const { result } = await desk.succeed('backup', uri)
  const file = result.data['file'] as string
  const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' })
  expect(names).not.toMatch(/closed\/(desk|root)\/./)
  const grep = `tar -xzOf "$1" | grep -c -- "$2" || true`
  const hits = execFileSync('sh', ['-c', grep, 'sh', file, SECRET], { encoding: 'utf8' })
  expect(hits.trim()).toBe('0')
  const slot = slotOf(uri)
  await desk.succeed('delete', uri)
  expect(desk.filesIn(`slots/${slot}`)).toEqual([])
  expect(desk.stateFilesOf(slot)).toEqual([])
  // A worker of PHP that is just ending has no name any more.
  await eventually(() => expect(desk.processesOf(slot)).toEqual([]))
  expect(desk.databases().filter((name) => name.startsWith(slot))).toEqual([])
}

describe('a hostile plugin', () => {
  const uploads = (): string => `${siteFolder(HOSTILE)}/content/uploads`

  beforeAll(() => {
    const plugin = `${siteFolder(HOSTILE)}/content/plugins/hostile`
    asUser(account, `umask 027; mkdir ${plugin}`)
    const facts = factsFor(HOSTILE, {
      root: '/usr/share/wordpress',
      writableAddress: '/wp-content/uploads',
      page: '/',
    })
    execFileSync(
      'sh',
      [
        '-ec',
        `cp ${FIXTURES}/*.php ${plugin}; cat >${plugin}/facts.json; chgrp -R ${slotOf(HOSTILE)} ${plugin}; chown -R ${account} ${plugin}`,
      ],
      { input: facts },
    )
  })

  test.each([
    [
      'install',
      () =>
        desk.php(
          HOSTILE,
          `require_once ABSPATH . 'wp-admin/includes/plugin.php';
      $error = activate_plugin('hostile/plugin.php');
      if (is_wp_error($error)) throw new Exception($error->get_error_message());`,
        ),
    ],
    ['cron', () => desk.succeed('cron', HOSTILE)],
    ['login', () => desk.fetch(HOSTILE, '/wp-login.php')],
    ['page', () => desk.fetch(HOSTILE)],
  ] as const)('gets nothing at its %s hook', { timeout: 120_000 }, async (hook, lead) => {
    // What the other site has in the cache is as fresh as can be.
    await desk.fetch(VICTIM)
    await lead()
    const text = readFileSync(`${uploads()}/hostile-${hook}.json`, 'utf8')
    expect(text).not.toContain(SECRET)
    expectNothing(JSON.parse(text) as Attempts)
  })

  test(
    'gets nothing by a process that it left behind, and is packed and deleted like any other',
    { timeout: 120_000 },
    async () => {
      expect(desk.processesOf(slotOf(HOSTILE)).length).toBeGreaterThan(0)
      await desk.succeed('backup', VICTIM)
      expect(stolen(uploads())).toBe('')
      await expectHostedAllTheSame(HOSTILE)
    },
  )
})

describe('a hostile page', () => {
  test(
    'gets what is its own, so that the attempts are known to work',
    { timeout: 120_000 },
    async () => {
      const root = desk.inHome('platforms/hostile')
      const writable = `${siteFolder(PAGE)}/files`
      const slot = slotOf(PAGE)
      asUser(slot, `echo mine >${stateOf(PAGE)}/sess/sess_${SESSION}; echo mine >/tmp/of-${SECRET}`)
      const own = {
        slot,
        uri: PAGE,
        settings: 'settings.php',
        database: `${slot}_main`,
        table: 'pages',
      }
      writeFileSync(
        `${root}/facts.json`,
        factsFor(PAGE, { root, writable, writableAddress: '/files', page: '/page.php', ...own }),
      )
      const answer = await desk.fetch(PAGE, '/page.php')
      const attempts = JSON.parse(answer?.body ?? '') as Attempts
      for (const name of [
        'read the settings',
        'read the settings by a shell',
        'read the settings around a corner',
        'run the settings out of the cache',
        'list the gate',
        'list the site',
        'find whatever can be read',
        'read the sessions',
        'read a session by its name',
        'read what others left in the common temporary folders',
        'log in to the database as the other slot',
        'list the databases of others',
        'read a table of the other site',
      ])
        expect(attempts[name], name).not.toBeNull()
      // Not even these, though all of it is its own.
      for (const name of [
        'fetch the settings through a link',
        'fetch a session through a link',
        'fetch the site through a link to its folder',
        'speak to the PHP of its own slot, as who hosts does',
      ])
        expect(attempts[name], name).toBeNull()
      await eventually(() => expect(stolen(writable)).not.toBe(''))
      const left = `ps -o pid=,comm= -u ${slot} | awk '$2 == "sh" { print $1 }' | xargs kill -9`
      execFileSync('sh', ['-ec', `${left}; rm /tmp/of-${SECRET} ${writable}/stolen`])
    },
  )

  test(
    'gets nothing, whatever it tries, and is packed and deleted like any other',
    { timeout: 120_000 },
    async () => {
      const root = desk.inHome('platforms/hostile')
      const writable = `${siteFolder(PAGE)}/files`
      writeFileSync(
        `${root}/facts.json`,
        factsFor(PAGE, { root, writable, writableAddress: '/files', page: '/page.php' }),
      )
      await desk.fetch(VICTIM)
      const answer = await desk.fetch(PAGE, '/page.php')
      expect(answer?.body).not.toContain(SECRET)
      expectNothing(JSON.parse(answer?.body ?? '') as Attempts)
      expect(stolen(writable)).toBe('')
      await expectHostedAllTheSame(PAGE)
    },
  )

  test('has left the other site as it was', async () => {
    expect(await desk.fetch(VICTIM)).toMatchObject({ status: 200 })
    expect(await desk.php(VICTIM, "return get_option('hd_secret');")).toBe(SECRET)
  })
})
