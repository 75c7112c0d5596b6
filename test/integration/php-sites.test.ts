import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { eventually } from '../support/eventually.ts'

const SITE = 'www.shop.test'
const COPY = 'copy.shop.test'
const NEW = 'new.shop.test'

let desk: CodeHarness
let slot: string
let backup: string

const folderOf = (uri: string, name = slot): string => desk.inHome(`slots/${name}/${uri}`)
const databaseOf = async (uri: string): Promise<string> =>
  (await desk.succeed('verify', uri)).result.data['databaseName'] as string
const ask = async (uri: string, sql: string): Promise<string> =>
  desk.machine.query(`USE ${await databaseOf(uri)}; ${sql}`).trim()
const setTitle = (uri: string, title: string): Promise<string> =>
  ask(uri, `UPDATE pages SET title = '${title}' WHERE path = 'home'`)
const titleOf = async (uri: string): Promise<string | undefined> =>
  /<h1>(.*)<\/h1>/.exec((await desk.fetch(uri))?.body ?? '')?.[1]

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdphp', slots: 3 })
  await desk.addPlatform('one')
  await desk.addPlatform('two', undefined, 'echo 2 > version.txt')
}, 180_000)
afterAll(() => desk?.close())

describe('a plain PHP site', () => {
  test('is installed in a slot with a database, answers, and hands a login link', async () => {
    const { result } = await desk.install(SITE, 'one', { site_title: 'Shop & more' })
    slot = result.data['slot'] as string
    expect(result.data).toMatchObject({
      application: 'php',
      url: desk.urlOf(SITE),
      slot: `${desk.machine.account}01`,
      databaseName: `${desk.machine.account}01_main`,
    })
    const { body } = (await desk.fetch(SITE)) ?? { body: '' }
    expect(body).toContain('<title>Shop &amp; more</title>')
    const link = new URL(result.data['loginLink'] as string)
    expect((await desk.fetch(SITE, link.pathname + link.search))?.body).toContain('Welcome, admin')
  })

  test('has settings that only its slot reads, and folders that only it writes', () => {
    const modeOf = (name: string): string => {
      const { mode, uid, gid } = statSync(`${folderOf(SITE)}/${name}`)
      const isOurs = uid === desk.machine.uid
      return `${(mode & 0o7777).toString(8)} ${isOurs ? 'hd' : 'slot'} ${gid === desk.machine.uid ? 'hd' : 'slot'}`
    }
    expect(modeOf('settings.php')).toBe('640 hd slot')
    expect(modeOf('secret.php')).toBe('640 hd slot')
    expect(modeOf('.')).toBe('2750 hd slot')
    expect(modeOf('files')).toBe('2770 hd slot')
    expect(modeOf('files/start.txt')).toBe('660 hd slot')
    const other = `${desk.machine.account}02`
    const read = desk.machine.as(other, `cat ${folderOf(SITE)}/settings.php`)
    expect(read.exitCode).not.toBe(0)
  })

  test('shows its files, and never its settings or what is for its hosting', async () => {
    expect(await desk.fetch(SITE, '/files/start.txt')).toMatchObject({ status: 200 })
    expect(await desk.fetch(SITE, '/files/made.txt')).toMatchObject({ status: 200 })
    expect(await desk.fetch(SITE, '/.hosting-desk/install.php')).toMatchObject({ status: 404 })
    expect(await desk.fetch(SITE, '/settings.php')).toMatchObject({ status: 404 })
    writeFileSync(`${folderOf(SITE)}/files/x.php`, '<?php echo 1;')
    expect(await desk.fetch(SITE, '/files/x.php')).toMatchObject({ status: 403 })
    execFileSync('rm', [`${folderOf(SITE)}/files/x.php`])
  })

  test('runs cron in its slot', async () => {
    await desk.succeed('cron', SITE)
    await desk.succeed('cron', SITE)
    expect(await ask(SITE, "SELECT value FROM settings WHERE name = 'cron'")).toBe('2')
  })

  test('says how it is when it is verified, as far as it is of the right form', async () => {
    const { result } = await desk.succeed('verify', SITE)
    expect(result.data).toMatchObject({ version: '1' })
    expect(result.data['report']).toEqual({
      version: '1',
      php: {
        version: expect.stringMatching(/^8\./) as string,
        memoryLimit: '256M',
        uploadLimit: expect.stringMatching(/^\d+M$/) as string,
        maxSeconds: 60,
      },
      database: { isAnswering: true, version: expect.stringContaining('MariaDB') as string },
      isInMaintenance: false,
      pendingUpdates: 0,
      packages: [{ type: 'module', name: 'pages', title: 'Pages', version: '1.0' }],
    })
    await ask(SITE, "UPDATE settings SET value = '0' WHERE name = 'version'")
    await ask(SITE, "INSERT INTO settings VALUES ('maintenance', 'on')")
    const changed = await desk.succeed('verify', SITE)
    expect(changed.result.data['report']).toMatchObject({
      isInMaintenance: true,
      pendingUpdates: 1,
    })
    expect(JSON.stringify(changed.events)).toContain('Updates of the database that wait: 1.')
    await ask(SITE, "UPDATE settings SET value = '1' WHERE name = 'version'")
    await ask(SITE, "DELETE FROM settings WHERE name = 'maintenance'")
  })

  const PACKAGE = String.raw`['type' => 'core', 'name' => "a\u{202e}b", 'version' => str_repeat('9', 1000)]`
  test.each([
    [
      'lies',
      `return ['version' => ["x"], 'isInMaintenance' => 'yes', 'pendingUpdates' => -1, 'packages' => array_fill(0, 40, ${PACKAGE})];`,
      null,
    ],
    [
      'says-too-much',
      `return ['packages' => array_fill(0, 4000, ${PACKAGE})];`,
      'it gave no answer',
    ],
    [
      'prints',
      String.raw`echo json_encode(['answer' => ['version' => '6.6.6']]), "\n"; exit;`,
      'It ended before its end',
    ],
    ['fails', `throw new RuntimeException('No comment.');`, 'No comment.'],
  ])(
    'whose code %s when it is asked how it is is verified and restored all the same',
    async (name, code, said) => {
      const uri = `${name}.shop.test`
      const script = `cat > .hosting-desk/status.php <<'END'\n<?php ${code}\nEND`
      await desk.addPlatform(name.replaceAll('-', '_'), undefined, script)
      await desk.install(uri, name.replaceAll('-', '_'))
      const { result, events } = await desk.succeed('verify', uri)
      const packed = (await desk.succeed('backup', uri)).result.data['file'] as string
      const restored = await desk.succeed('restore', uri, packed)
      expect(restored.result.data['report']).toEqual(result.data['report'])
      await desk.succeed('delete', uri)
      const warnings = events.flatMap((one) =>
        one.event === 'log' && one.level === 'warning' ? [one.message] : [],
      )
      expect(warnings).toEqual(
        said === null ? [] : [expect.stringMatching(`^The site did not say how it is: .*${said}`)],
      )
      expect(result.data).toMatchObject({ version: null })
      expect(result.data['report']).toMatchObject({
        version: null,
        php: { memoryLimit: '256M' },
        database: { isAnswering: true },
        isInMaintenance: null,
        pendingUpdates: null,
        packages:
          said === null
            ? [{ type: 'core', name: 'ab', title: 'ab', version: '9'.repeat(100) }]
            : [],
      })
    },
  )

  test('may answer 503 where it says that it is in maintenance, and not otherwise', async () => {
    const uri = 'closed.shop.test'
    const script = `echo '<?php http_response_code(503);' > index.php; touch on
      echo '<?php return ["isInMaintenance" => is_file(dirname(__DIR__) . "/on")];' > .hosting-desk/status.php`
    await desk.addPlatform('closed', undefined, script)
    await desk.install(uri, 'closed')
    const { result } = await desk.succeed('verify', uri)
    expect(result.data['report']).toMatchObject({ isInMaintenance: true })
    execFileSync('rm', [desk.inHome('platforms/closed/on')])
    await desk.fail('PROVISION_SITE_NOT_ANSWERING', 'verify', uri)
    await desk.succeed('delete', uri)
  })

  test('makes a login link that works once asked for', async () => {
    const { result } = await desk.succeed('login-reset', SITE)
    const link = new URL(result.data['loginLink'] as string)
    expect(link.origin).toBe(desk.urlOf(SITE))
    expect((await desk.fetch(SITE, link.pathname + link.search))?.body).toContain('Welcome, admin')
  })

  test('is packed with its database, its closed folders, and checksums of both', async () => {
    const { result } = await desk.succeed('backup', SITE)
    backup = result.data['file'] as string
    const names = execFileSync('tar', ['-tzf', backup], { encoding: 'utf8' }).split('\n')
    expect(names).toEqual(
      expect.arrayContaining([
        './manifest.json',
        './database.sql',
        `./${SITE}/settings.php`,
        `./${SITE}/private/closed/note`,
      ]),
    )
    const text = execFileSync('tar', ['-xzOf', backup, './manifest.json'], { encoding: 'utf8' })
    const { context, dumpBytes } = JSON.parse(text) as {
      context: { options: object }
      dumpBytes: number
    }
    // As somebody looks at it who has nothing but it.
    const said = execFileSync(
      'sh',
      [
        '-ec',
        `mkdir look; tar -xzf "$1" -C look; cd look; sha256sum -c SHA256SUMS; stat -c %s database.sql; rm -r "$PWD"`,
        'sh',
        backup,
      ],
      { cwd: desk.inHome(''), encoding: 'utf8' },
    )
    for (const name of ['./manifest.json', './database.sql', `./${SITE}/settings.php`])
      expect(said).toContain(`${name}: OK\n`)
    expect(said).toContain(`\n${dumpBytes}\n`)
    expect(context.options).toMatchObject({ slot, site_title: 'Shop & more' })
    expect(desk.leftovers()).toEqual([])
  })

  test('gets back what a backup has, in a new database, and keeps the present as one', async () => {
    await setTitle(SITE, 'Changed')
    writeFileSync(`${folderOf(SITE)}/files/made.txt`, 'changed')
    expect(await titleOf(SITE)).toBe('Changed')
    const { result } = await desk.succeed('restore', SITE, backup)
    expect(await titleOf(SITE)).toBe('Front page')
    expect((await desk.fetch(SITE, '/files/made.txt'))?.body).toBe('made by the install\n')
    expect(desk.databases()).toEqual([`${slot}_main2`])
    expect(result.contexts[0]?.options).toMatchObject({ db_name: `${slot}_main2` })
    expect(result.data).toMatchObject({ version: '1', report: { pendingUpdates: 0 } })
    await desk.succeed('restore', SITE, result.data['file'] as string)
    expect(await titleOf(SITE)).toBe('Changed')
    expect(desk.databases()).toEqual([`${slot}_main`])
    expect(desk.leftovers()).toEqual([])
    // PHP can write what was restored.
    await desk.succeed('cron', SITE)
  })

  test('is not restored from an archive that was changed', async () => {
    const folder = desk.inHome('changed')
    mkdirSync(folder)
    execFileSync('tar', ['-xzf', backup, '-C', folder])
    execFileSync('sh', ['-c', `echo "DROP TABLE pages;" >> "$1/database.sql"`, 'sh', folder])
    const file = desk.inHome('backups/changed.tar.gz')
    execFileSync('tar', [
      '-czf',
      file,
      '-C',
      folder,
      './manifest.json',
      './database.sql',
      `./${SITE}`,
      './SHA256SUMS',
    ])
    execFileSync('sh', ['-c', `chmod 644 "$1"; rm -r "$2"`, 'sh', file, folder])
    const before = desk.state()
    await desk.fail('PROVISION_BAD_ARCHIVE', 'restore', SITE, file)
    await desk.fail('PROVISION_BAD_ARCHIVE', 'clone', SITE, '@copy.test', '@platform_one', file)
    expect(desk.state()).toEqual(before)
    execFileSync('rm', [file])
  })

  test('is out of order while it is disabled: no page, no cron, no login', async () => {
    await desk.succeed('disable', SITE)
    expect(await desk.fetch(SITE)).toMatchObject({ status: 503 })
    expect((await desk.fetch(SITE))?.body).toContain('not available at the moment')
    await desk.fail('PROVISION_SITE_DISABLED', 'cron', SITE)
    await desk.fail('PROVISION_SITE_DISABLED', 'login-reset', SITE)
    expect((await desk.succeed('verify', SITE)).result.data).not.toHaveProperty('report')
    await desk.succeed('enable', SITE)
    expect(await titleOf(SITE)).toBe('Changed')
  })

  test('has a copy in another slot, whose texts lead to the copy, serialised ones too', async () => {
    const { result } = await desk.succeed('clone', SITE, `@${COPY}`, '@platform_one')
    const other = `${desk.machine.account}02`
    expect(result.data).toMatchObject({ slot: other, databaseName: `${other}_main` })
    expect(result.data).toMatchObject({ version: '1', report: { database: { isAnswering: true } } })
    const { body = '' } = (await desk.fetch(COPY)) ?? {}
    expect(body).toContain(`${desk.urlOf(COPY)}/about`)
    expect(body).not.toContain(SITE)
    const links = await ask(COPY, "SELECT value FROM settings WHERE name = 'links'")
    expect(
      execFileSync('php', [
        '-r',
        'echo json_encode(unserialize($argv[1]), JSON_UNESCAPED_SLASHES);',
        links,
      ]).toString(),
    ).toBe(
      JSON.stringify({ home: desk.urlOf(COPY), files: [`${desk.urlOf(COPY)}/files/`, null, 3] }),
    )
    expect(await ask(COPY, "SELECT value FROM settings WHERE name = 'renamed'")).toBe(
      desk.urlOf(COPY),
    )
    // A view is its own there, and the first site is as it was.
    expect(await ask(COPY, 'SELECT COUNT(*) FROM titles')).toBe('2')
    expect((await desk.fetch(SITE))?.body).toContain(`${desk.urlOf(SITE)}/about`)
    const secretOf = (uri: string, name: string): string =>
      readFileSync(`${folderOf(uri, name)}/secret.php`, 'utf8')
    expect(secretOf(COPY, other)).not.toBe(secretOf(SITE, slot))
  })

  test('cannot be copied where no slot is free, and nothing is left of the try', async () => {
    await desk.install('third.test', 'one')
    const before = desk.state()
    await desk.fail('PROVISION_NO_SLOT', 'clone', SITE, '@fourth.test', '@platform_one')
    expect(desk.state()).toEqual(before)
    await desk.succeed('delete', 'third.test')
  })

  test('comes to another platform, whose code brings its database up', async () => {
    const { result } = await desk.succeed('migrate', SITE, '@platform_two')
    expect(result.data).toMatchObject({ version: '2', report: { pendingUpdates: 0 } })
    expect(await ask(SITE, "SELECT value FROM settings WHERE name = 'version'")).toBe('2')
    expect(await titleOf(SITE)).toBe('Changed')
    expect(desk.databases()).toEqual([`${slot}_main2`, `${desk.machine.account}02_main`])
    expect(desk.leftovers()).toEqual([])
  })

  test('can have another name, to which its texts then lead', async () => {
    await desk.succeed('migrate', SITE, '@platform_two', `@${NEW}`)
    expect((await desk.fetch(NEW))?.body).toContain(`${desk.urlOf(NEW)}/about`)
    expect(await desk.fetch(SITE)).toBeUndefined()
    expect(existsSync(folderOf(SITE))).toBe(false)
    expect(readFileSync(desk.inHome(`.hosting-desk/slots/${slot}`), 'utf8')).toContain(NEW)
    await desk.succeed('migrate', NEW, '@platform_one', `@${SITE}`)
    expect(await titleOf(SITE)).toBe('Changed')
  })

  test('leaves nothing when it is deleted but a backup, and that makes it again', async () => {
    const { body } = (await desk.fetch(SITE)) ?? {}
    desk.machine.as(slot, 'setsid sleep 1000 >/dev/null 2>&1 &')
    await eventually(() => expect(desk.processesOf(slot)).toEqual(['sleep 1000']))
    const { events } = await desk.succeed('delete', SITE)
    const text = JSON.stringify(events)
    const file = /A last backup stays: \\"([^"\\]+)/.exec(text)?.[1] ?? ''
    expect(existsSync(folderOf(SITE))).toBe(false)
    expect(desk.databases()).toEqual([`${desk.machine.account}02_main`])
    expect(await desk.fetch(SITE)).toBeUndefined()
    expect(desk.processesOf(slot)).toEqual([])
    expect(desk.filesIn(`slots/${slot}`)).toEqual([])
    expect(desk.stateFilesOf(slot)).toEqual([])
    expect(existsSync(desk.inHome(`.hosting-desk/slots/${slot}`))).toBe(false)

    await desk.save(SITE, {
      context_type: 'site',
      platform: '@platform_one',
      uri: SITE,
      site_title: 'Shop & more',
    })
    const { result } = await desk.succeed('import', SITE, file)
    expect(result.data).toMatchObject({ version: '1', report: { isInMaintenance: false } })
    expect((await desk.fetch(SITE))?.body).toBe(body)
  })
})
