import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { eventually } from '../support/eventually.ts'

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
    const folder = desk.inHome('packed')
    // As a backup of ours would be, with a dump that runs a shell where the client lets it.
    execFileSync('sh', [
      '-ec',
      `
      mkdir ${folder}; tar -xzf ${file} -C ${folder}; cd ${folder}
      echo '\\! touch ${desk.inHome('owned')}' >> database.sql
      sum=$(sha256sum database.sql | cut -c 1-64)
      old=$(grep -o '"./database.sql": "[0-9a-f]*"' manifest.json | grep -o '[0-9a-f]\\{64\\}')
      sed -i "s/$old/$sum/" manifest.json
      tar -czf ${file} ./database.sql ./${SITE} ./manifest.json; rm -r ${folder}`,
    ])
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

  test('where PHP-FPM is stopped', async () => {
    const pid = Number(readFileSync(`/run/${desk.machine.account}-php/php.pid`, 'utf8'))
    process.kill(pid, 'SIGTERM')
    await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false))
    for (const command of ['install', 'backup', 'cron'])
      expect(
        await refused('PROVISION_PHP_STOPPED', command, command === 'install' ? NEW : SITE),
      ).toContain('PHP-FPM does not run')
    desk.machine.bootstrap()
    await desk.succeed('cron', SITE)
  })

  test('where MariaDB is stopped', async () => {
    const files = (): string[] => desk.filesIn('.')
    await desk.machine.mariadb.stop()
    const before = files()
    for (const [command, uri] of [
      ['backup', SITE],
      ['install', NEW],
      ['delete', SITE],
    ] as const) {
      const ran = await desk.command(command, uri)
      expect(ran.result, command).toMatchObject({
        isOk: false,
        errorCode: 'PROVISION_DB_CONNECT_FAIL',
      })
      expect(files()).toEqual(before)
    }
  })
})
