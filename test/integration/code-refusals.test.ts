import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { eventually } from '../support/eventually.ts'
import { packAgain } from '../support/pack-again.ts'

const SITE = 'www.shop.example'
const NEW = 'new.shop.example'

let desk: CodeHarness
let slot: string

/** A command that must fail with this code, after which files and databases are what they were. */
async function refused(code: string, name: string, uri: string, ...args: string[]) {
  const before = desk.state()
  const ran = await desk.fail(code, name, uri, ...args)
  expect(desk.state()).toEqual(before)
  return ran.result.errorMessage ?? ''
}

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdbad', slots: 3 })
  await desk.addPlatform('one')
  slot = (await desk.install(SITE, 'one')).result.data['slot'] as string
  await desk.save(NEW, { context_type: 'site', platform: '@platform_one', uri: NEW })
}, 180_000)
afterAll(() => desk?.close())

describe('a site with code is refused, and nothing is changed', () => {
  test('where a database of its name is somebody else’s', async () => {
    const other = `${desk.machine.account}02`
    desk.machine.query(`CREATE DATABASE ${other}_main; CREATE TABLE ${other}_main.theirs (a INT)`)
    await refused('PROVISION_DATABASE_TAKEN', 'install', NEW)
    expect(desk.databases()).toContain(`${other}_main`)
    desk.machine.query(`DROP DATABASE ${other}_main`)
  })

  test('where a file is left in the free slot', async () => {
    const file = desk.inHome(`slots/${desk.machine.account}02/left`)
    writeFileSync(file, 'left')
    expect(existsSync(file)).toBe(true)
    await refused('PROVISION_SLOT_NOT_EMPTY', 'install', NEW)
    expect(readFileSync(file, 'utf8')).toBe('left')
    execFileSync('rm', [file])
  })

  test('where any other database of the free slot is left', async () => {
    const name = `${desk.machine.account}02_Of another`
    desk.machine.query(`CREATE DATABASE \`${name}\`; CREATE TABLE \`${name}\`.theirs (a INT)`)
    await refused('PROVISION_DATABASE_TAKEN', 'install', NEW)
    desk.machine.query(`DROP DATABASE \`${name}\``)
  })

  test('where its own install fails in the middle, whatever that left behind', async () => {
    const script = `mkdir -p .hosting-desk && cat > .hosting-desk/install.php <<'END'
<?php
$settings = require $_SERVER['HD_SETTINGS'];
$folder = $settings['files'] . '/closed';
mkdir($folder, 0700);
file_put_contents("$folder/file", 'x');
chmod("$folder/file", 0);
chmod($folder, 0);
$database = new PDO($settings['database']['dsn'], $settings['database']['user'], '');
$database->exec('CREATE TABLE half (a INT)');
$database->exec('CREATE DATABASE \`' . $settings['database']['user'] . '_Of\\\\its "own\`\` one\`');
exec('setsid sleep 600 >/dev/null 2>&1 &');
file_put_contents(sys_get_temp_dir() . '/left', 'x');
throw new RuntimeException('The application is not in the mood.');
END`
    await desk.addPlatform('moody', undefined, script)
    await desk.save(NEW, { platform: '@platform_moody' })
    const other = `${desk.machine.account}02`
    const said = await refused('PROVISION_SITE_CODE_FAILED', 'install', NEW)
    expect(said).toContain('not in the mood')
    expect(desk.processesOf(other)).toEqual([])
    expect(desk.databases().filter((name) => name.startsWith(other))).toEqual([])
    expect(desk.stateFilesOf(other)).toEqual([])
    expect(readdirSync(desk.inHome('.hosting-desk/slots'))).toEqual([slot])
    await desk.save(NEW, { platform: '@platform_one' })
  })

  test('where the code of another platform cannot bring its database up', async () => {
    const script = `echo '<?php throw new RuntimeException("No way up.");' > .hosting-desk/update.php`
    await desk.addPlatform('stuck', undefined, script)
    // It opens what the site's code closed, as the migrate does too.
    await desk.succeed('verify', SITE)
    const said = await refused(
      'PROVISION_SCHEMA_UPGRADE_FAILURE',
      'migrate',
      SITE,
      '@platform_stuck',
    )
    expect(said).toContain('No way up.')
    expect((await desk.fetch(SITE))?.status).toBe(200)
  })

  test('where its dump does not load: a restore leaves the site as it is', async () => {
    const file = (await desk.succeed('backup', SITE)).result.data['file'] as string
    // As a backup of ours would be, with a dump that runs a shell where the client lets it.
    packAgain(
      file,
      { site: SITE, folder: desk.inHome('packed') },
      `echo '\\! touch ${desk.inHome('owned')}' >> database.sql`,
    )
    await refused('PROVISION_DB_IMPORT_FAILED', 'restore', SITE, file)
    expect(existsSync(desk.inHome('owned'))).toBe(false)
    expect((await desk.fetch(SITE))?.status).toBe(200)
    execFileSync('rm', [file])
  })

  test('where its folder is gone: deleted, its database would go without a backup', async () => {
    const other = `${desk.machine.account}02`
    const folder = desk.inHome(`slots/${other}/${NEW}`)
    const installed = await desk.command('install', NEW)
    expect(installed.result).toMatchObject({ isOk: true, data: { slot: other } })
    execFileSync('rm', ['-r', folder])
    const said = await refused('PROVISION_NO_SUCH_FOLDER', 'delete', NEW)
    expect(said).toContain(`keeps the database ${other}_main`)

    desk.machine.as(desk.machine.account, `mkdir ${folder}`)
    const { events } = await desk.succeed('delete', NEW)
    expect(JSON.stringify(events)).toContain('A last backup stays')
    expect(desk.databases()).not.toContain(`${other}_main`)
    await desk.save(NEW, { context_type: 'site', platform: '@platform_one', uri: NEW })
  })

  test('where its folder is gone, but not where it is forced: the log says what was lost', async () => {
    const other = `${desk.machine.account}02`
    expect((await desk.command('install', NEW)).result.isOk).toBe(true)
    execFileSync('rm', ['-r', desk.inHome(`slots/${other}/${NEW}`)])
    const argv = ['provision-delete', `@${NEW}`]
    const { result, events } = await desk.machine.run(argv, { options: { force: true } })
    expect(result.errorMessage).toBeNull()
    expect(JSON.stringify(events)).toContain('Deleted without a last backup')
    expect(desk.databases()).not.toContain(`${other}_main`)
    await desk.save(NEW, { context_type: 'site', platform: '@platform_one', uri: NEW })
  })

  test('while another command works on it', async () => {
    const one = desk.machine.start(['provision-backup', `@${SITE}`])
    const two = desk.machine.start(['provision-backup', `@${SITE}`])
    const [first, second] = await Promise.all([one.ended, two.ended])
    expect([first.result.isOk, second.result.isOk]).toEqual([true, true])
    expect(first.result.data['file']).not.toBe(second.result.data['file'])
  })
})

describe('while a service is stopped, each command says which and what to do, and changes nothing', () => {
  const COPY = 'copy.shop.example'
  const OLD = 'old.shop.example'
  const FROM_BACKUP = 'again.shop.example'

  const commands = (file: string): [name: string, uri: string, ...args: string[]][] => [
    ['verify', SITE],
    ['backup', SITE],
    ['restore', SITE, file],
    ['clone', SITE, `@${COPY}`, '@platform_one'],
    ['migrate', SITE, '@platform_two'],
    ['migrate', SITE, '@platform_one', '@renamed.shop.example'],
    ['install', NEW],
    ['import', FROM_BACKUP, file],
    ['import', OLD],
    ['delete', SITE],
  ]

  let file: string
  const saveAll = async (): Promise<void> => {
    for (const uri of [NEW, OLD, FROM_BACKUP])
      await desk.save(uri, { context_type: 'site', platform: '@platform_one', uri })
  }

  beforeAll(async () => {
    await desk.addPlatform('two')
    await saveAll()
    execFileSync('sh', [
      '-ec',
      'mkdir -p "$1/files"; echo "CREATE TABLE settings (name VARCHAR(100) PRIMARY KEY, value TEXT); CREATE TABLE pages (path VARCHAR(100), title TEXT, body TEXT);" >"$1/dump.sql"; chown -R "$2:$2" "$1"',
      'sh',
      desk.inHome(`sites/${OLD}`),
      desk.machine.account,
    ])
    file = (await desk.succeed('backup', SITE)).result.data['file'] as string
  })

  /** Each of them works, one after the other; at the end all is as it was. */
  async function expectAllWork(): Promise<void> {
    const goesBack: Readonly<Record<string, () => Promise<unknown>>> = {
      [`clone ${SITE}`]: () => desk.succeed('delete', COPY),
      [`install ${NEW}`]: () => desk.succeed('delete', NEW),
      [`import ${FROM_BACKUP}`]: () => desk.succeed('delete', FROM_BACKUP),
      [`import ${OLD}`]: () => desk.succeed('delete', OLD),
    }
    for (const [name, uri, ...args] of commands(file)) {
      if (name === 'delete' || args.length === 2) continue
      await desk.succeed(name, uri, ...args)
      await goesBack[`${name} ${uri}`]?.()
    }
    await desk.succeed('migrate', SITE, '@platform_one')
    await saveAll()
  }

  test('PHP-FPM', async () => {
    const pid = Number(readFileSync(`/run/${desk.machine.account}-php/php.pid`, 'utf8'))
    process.kill(pid, 'SIGTERM')
    await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false))
    for (const [name, uri, ...args] of [...commands(file), ['cron', SITE]] as const)
      expect(await refused('PROVISION_PHP_STOPPED', name, uri, ...args), name).toMatch(
        new RegExp(
          `^PHP-FPM does not run: .* As root: systemctl start ${desk.machine.account}-php; then do this again`,
        ),
      )
    desk.machine.bootstrap()
    await desk.succeed('cron', SITE)
    await expectAllWork()
  }, 120_000)

  test('MariaDB', async () => {
    const before = desk.state()
    const files = desk.filesIn('.')
    await desk.machine.mariadb.stop()
    for (const [name, uri, ...args] of commands(file)) {
      const { result } = await desk.fail('PROVISION_DB_CONNECT_FAIL', name, uri, ...args)
      expect(result.errorMessage, name).toContain(
        'MariaDB does not answer. As root: systemctl start mariadb; then do this again.',
      )
      expect(desk.filesIn('.'), name).toEqual(files)
    }
    await desk.machine.mariadb.restart()
    expect(desk.state()).toEqual(before)
    await expectAllWork()
    await desk.succeed('delete', SITE)
  }, 120_000)
})
