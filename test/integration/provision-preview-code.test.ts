import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import { COMMANDS } from '../../provision/commands/commands.ts'
import { CodeHarness } from '../support/code-harness.ts'
import { differences, stateOf } from '../support/told-before.ts'

let desk: CodeHarness

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdlook', slots: 3 })
}, 180_000)
afterAll(() => desk?.close())

interface Request {
  contextOptions?: JsonRecord
  options?: JsonRecord
}

/** What a command would change. Nothing of the machine is another one afterwards: no file, database, answer or process. */
async function preview(
  name: string,
  context: string,
  args: readonly string[] = [],
  request: Request = {},
): Promise<{ changes: PlannedChange[]; warnings: string[] }> {
  const answers = await answersOf()
  const before = stateOf(desk)
  const argv = [`provision-${name}`, `@${context}`, ...args]
  const { result, events } = await desk.machine.run(argv, { ...request, dryRun: true })
  expect(result.errorMessage).toBeNull()
  expect(stateOf(desk)).toEqual(before)
  expect(await answersOf()).toEqual(answers)
  const warnings = events.flatMap((one) =>
    one.event === 'log' && one.level === 'warning' ? [one.message] : [],
  )
  return { changes: result.data['changes'] as unknown as PlannedChange[], warnings }
}

const seen: string[] = []

/** The same, and then does it: what was listed is what happened, no more and no less. */
async function previewed(
  name: string,
  context: string,
  args: readonly string[] = [],
  { contextOptions = {}, options = {} }: Request = {},
): Promise<{ changes: PlannedChange[]; data: JsonRecord }> {
  const { changes } = await preview(name, context, args, { contextOptions, options })
  seen.push(name)
  const before = stateOf(desk)
  if (Object.keys(contextOptions).length > 0) await desk.save(context, contextOptions)
  const { result } = await desk.machine.run([`provision-${name}`, `@${context}`, ...args], {
    options,
  })
  expect(result.errorMessage).toBeNull()
  expect(differences(before, stateOf(desk), changes, desk.machine.home)).toEqual([])
  const said = JSON.stringify(changes)
  for (const secret of secrets()) expect(said.includes(secret)).toBe(false)
  return { changes, data: result.data }
}

const answersOf = (): Promise<unknown[]> =>
  Promise.all(
    readdirSync(desk.inHome('nginx/vhost.d')).map(async (name) => {
      const { status, body = '' } = (await desk.fetch(name.replace(/\.conf$/, ''))) ?? {}
      return [name, status, /<title>.*/.exec(body)?.[0]]
    }),
  )

/** What the sites' own files keep to themselves. */
const secrets = (): string[] =>
  desk
    .filesIn('slots')
    .flatMap((line) => /^\S+\/(keys|secret)\.php(?= )/.exec(line)?.[0] ?? [])
    .flatMap(
      (name) => readFileSync(desk.inHome(`slots/${name}`), 'utf8').match(/[\w-]{32,}/g) ?? [],
    )

/** Paths without what differs between machines, and backups without their second. */
const inShort = (changes: readonly PlannedChange[]): string[] =>
  changes.map(({ kind, action, target }) => `${action} ${kind} ${shorten(target)}`)
const shorten = (text: string): string =>
  text
    .replaceAll(desk.machine.home, '~')
    .replaceAll(desk.machine.account, 'hd')
    .replace(/-\d{8}T\d{6}Z(_\d+)?/, '')
const detailOf = (changes: readonly PlannedChange[], start: string): string => {
  const index = inShort(changes).findIndex((line) => line.startsWith(start))
  return shorten(changes[index]?.detail ?? `no ${start}`)
}
const diffOf = (changes: readonly PlannedChange[], file: string): string =>
  changes.find(({ target }) => target.endsWith(file))?.diff ?? ''

interface Kind {
  name: string
  /** Makes the platforms `KIND_a` and `KIND_b`. */
  addPlatforms(): Promise<void>
  settings: string
  secrets: string
  /** The script that does a piece of work, as it is told. */
  script(work: string): string
  /** What else is written for each site, and told of. */
  others: readonly string[]
  /** Whether its installation makes a folder that only the slot comes in to. */
  closes: boolean
  /** Of a site that was made elsewhere: what goes beside its dump. */
  away: string
}

const PHP: Kind = {
  name: 'php',
  async addPlatforms() {
    await desk.addPlatform('php_a')
    await desk.addPlatform('php_b', undefined, 'echo 2 > version.txt')
  },
  settings: 'settings.php',
  secrets: 'secret.php',
  script: (work) => `~/platforms/php_a/.hosting-desk/${work}.php`,
  others: [],
  closes: true,
  away: 'cp -r "$1/files" "$2/files"',
}
const WORDPRESS: Kind = {
  name: 'wordpress',
  async addPlatforms() {
    await desk.verifyPlatform('wordpress_a', '/usr/share/wordpress')
    await desk.addPlatform('wordpress_b', '/usr/share/wordpress', 'rm wp-config.php')
  },
  settings: 'wp-config.php',
  secrets: 'keys.php',
  script: (work) => `wordpress/${work}.php`,
  others: ['content/mu-plugins/hosting-desk.php'],
  closes: false,
  away: 'mkdir "$2/wp-content"; cp -r "$1/content/uploads" "$2/wp-content"',
}

describe.each([PHP, WORDPRESS])('the preview of a $name site', (kind) => {
  const site = `www.${kind.name}.test`
  const copy = `copy.${kind.name}.test`
  const platform = `@platform_${kind.name}_a`
  let backup = ''
  const filesIn = (slot: string, uri: string): string[] =>
    [kind.settings, ...kind.others, kind.secrets].map(
      (name) => `create file ~/slots/${slot}/${uri}/${name}`,
    )

  beforeAll(() => kind.addPlatforms())

  test('tells of an install the slot, the database, every file of settings and the script', async () => {
    await desk.save(site, { context_type: 'site', platform, uri: site, site_title: 'One' })
    const { changes } = await previewed('install', site)
    expect(inShort(changes)).toEqual([
      'create slot hd01',
      'create database hd01_main',
      `create folder ~/slots/hd01/${site}`,
      ...filesIn('hd01', site),
      `run script ${kind.script('install')}`,
      `create file ~/nginx/vhost.d/${site}.conf`,
      'run reload nginx',
      `change context @${site}`,
      `run script ${kind.script('status')}`,
    ])
    expect(detailOf(changes, 'create slot')).toBe(`taken for @${site}`)
    expect(detailOf(changes, 'create database')).toBe('for hd01 alone')
    expect(detailOf(changes, 'run script')).toBe('Install the site, in hd01')
    expect(diffOf(changes, kind.settings)).toContain(`+`)
    expect(diffOf(changes, kind.settings)).toContain(desk.urlOf(site))
    expect(diffOf(changes, kind.secrets)).toBe('')
  })

  test('tells of a verify what differs, and nothing where nothing does', async () => {
    const asked = `run script ${kind.script('status')}`
    const opened = (await previewed('verify', site)).changes
    expect(inShort(opened)).toEqual([
      ...(kind.closes ? [`change folder ~/slots/hd01/${site}`] : []),
      asked,
    ])
    expect(inShort((await previewed('verify', site)).changes)).toEqual([asked])
    const contextOptions = { aliases: [`also.${kind.name}.test`], site_title: 'Two' }
    const { changes } = await previewed('verify', site, [], { contextOptions })
    expect(inShort(changes)[0]).toBe(`change context @${site}`)
    expect(diffOf(changes, 'vhost.d/' + site + '.conf')).toContain(`also.${kind.name}.test`)
  })

  test('tells of cron and of a login link which script is run', async () => {
    const cron = await previewed('cron', site)
    expect(inShort(cron.changes)).toEqual([`run script ${kind.script('cron')}`])
    const login = await previewed('login-reset', site)
    expect(inShort(login.changes)).toEqual([`run script ${kind.script('login')}`])
  })

  test('tells of a backup what is packed, with its description, and of what goes', async () => {
    const { changes, data } = await previewed('backup', site, [], {
      options: { description: 'before the fair' },
    })
    backup = data['file'] as string
    expect(inShort(changes)).toEqual([
      `create file ~/backups/${site}.tar.gz`,
      expect.stringMatching(/^create file ~\/backups\//),
    ])
    expect(detailOf(changes, 'create file')).toMatch(
      /^a backup of ~\/slots\/hd01\/\S+ and of the database hd01_main, about [\d.]+ [kM]B$/,
    )
    const other = (await desk.succeed('backup', site)).result.data['file'] as string
    expect(inShort((await previewed('backup-delete', site, [other])).changes)).toEqual([
      `remove file ~/backups/${site}.tar.gz`,
    ])
  })

  test('tells of a restore the new database, what it is loaded with, and that the old one goes', async () => {
    const { changes } = await previewed('restore', site, [backup])
    expect(inShort(changes)).toEqual([
      `create file ~/backups/${site}.tar.gz`,
      'create database hd01_main2',
      `change folder ~/slots/hd01/${site}`,
      `change file ~/slots/hd01/${site}/${kind.settings}`,
      'change database hd01_main2',
      `change context @${site}`,
      'remove database hd01_main',
      `run script ${kind.script('status')}`,
    ])
    expect(detailOf(changes, 'change database')).toMatch(
      /^loaded with the dump in ~\/backups\/\S+, [\d.]+ [kM]B$/,
    )
    expect(detailOf(changes, 'remove database')).toMatch(/^about [\d.]+ [kM]B$/)
    expect(diffOf(changes, kind.settings)).toMatch(/^-.*_main\b.*\n\+.*_main2\b/m)
  })

  test('tells of disable and enable the virtual host with its difference', async () => {
    for (const name of ['disable', 'enable']) {
      const { changes } = await previewed(name, site)
      expect(inShort(changes)).toEqual([
        `change file ~/nginx/vhost.d/${site}.conf`,
        'run reload nginx',
        `change context @${site}`,
      ])
      expect(changes[0]?.diff).toContain('503')
    }
  })

  test('tells of a clone which addresses become which', async () => {
    const { changes } = await previewed('clone', site, [`@${copy}`, platform])
    expect(inShort(changes)).toEqual([
      `create file ~/backups/${site}.tar.gz`,
      'create slot hd02',
      'create database hd02_main',
      `create folder ~/slots/hd02/${copy}`,
      ...filesIn('hd02', copy),
      'change database hd02_main',
      'change database hd02_main',
      `run script ${kind.script('renamed')}`,
      `create file ~/nginx/vhost.d/${copy}.conf`,
      'run reload nginx',
      `create context @${copy}`,
      `run script ${kind.script('status')}`,
    ])
    expect(detailOf(changes, 'create folder')).toBe(`the files of the backup of ${site}`)
    expect(detailOf(changes, 'change database')).toMatch(
      /^loaded with a dump of hd01_main2, about /,
    )
    expect(changes.map(({ detail }) => detail)).toContain(
      `${desk.urlOf(site)} becomes ${desk.urlOf(copy)} in its texts`,
    )
  })

  test('tells of a migrate that the site is out of order meanwhile, and the update of its database', async () => {
    const { changes } = await previewed('migrate', site, [`@platform_${kind.name}_b`])
    expect(inShort(changes).slice(0, 2)).toEqual([`change other ${site}`, 'run reload nginx'])
    expect(changes[0]?.detail).toBe('out of order until it is done')
    expect(inShort(changes)).toContain(
      `run script ${kind.script('update').replace('php_a', 'php_b')}`,
    )
    expect(detailOf(changes, 'run script')).toBe('Bring the database to the new code, in hd01')
    expect(inShort(changes)).toContain('remove database hd01_main2')
  })

  test('tells of a rename the folder that goes, the slot’s new owner and both contexts', async () => {
    const renamed = `new.${kind.name}.test`
    const { changes } = await previewed('migrate', site, [
      `@platform_${kind.name}_b`,
      `@${renamed}`,
    ])
    expect(inShort(changes)).toEqual(
      expect.arrayContaining([
        `create folder ~/slots/hd01/${renamed}`,
        `remove folder ~/slots/hd01/${site}`,
        'change slot hd01',
        `remove file ~/nginx/vhost.d/${site}.conf`,
        `create context @${renamed}`,
        `remove context @${site}`,
      ]),
    )
    await desk.succeed('migrate', renamed, platform, `@${site}`)
  })

  test('tells of HTTPS the certificate, and what then changes in the site’s address', async () => {
    const contextOptions = { https_enabled: 2, certificate_type: 'self-signed' }
    const { changes } = await previewed('verify', copy, [], { contextOptions })
    expect(inShort(changes)).toEqual(
      expect.arrayContaining([
        `create certificate ${copy}`,
        `change file ~/slots/hd02/${copy}/${kind.settings}`,
        `change file ~/nginx/vhost.d/${copy}.conf`,
      ]),
    )
    expect(detailOf(changes, 'create certificate')).toBe('signed by the site itself')
    expect(diffOf(changes, kind.settings)).toMatch(/^\+.*https:\/\/copy\./m)
  })

  test('tells of a delete every database of the slot, also those that the site’s code made', async () => {
    const second = `${desk.machine.account}02_second`
    desk.machine.query(`CREATE DATABASE ${second}; CREATE TABLE ${second}.t (a INT)`)
    const { changes } = await previewed('delete', copy)
    expect(inShort(changes)).toEqual(
      expect.arrayContaining([
        `create file ~/backups/${copy}.tar.gz`,
        `remove file ~/nginx/vhost.d/${copy}.conf`,
        `remove folder ~/slots/hd02/${copy}`,
        'remove database hd02_main',
        'remove database hd02_second',
        'remove slot hd02',
        `remove context @${copy}`,
      ]),
    )
  })

  test('tells of an import, of a backup and of a site made elsewhere, where it comes from', async () => {
    const archive = path.basename(
      readdirSync(desk.inHome('backups')).find((name) => name.startsWith(`${copy}-`)) ?? '',
    )
    await desk.save(copy, { context_type: 'site', platform, uri: copy })
    const { changes } = await previewed('import', copy, [desk.inHome(`backups/${archive}`)])
    expect(inShort(changes)).toContain(`run script ${kind.script('update')}`)
    expect(detailOf(changes, 'create folder')).toBe(`the files of ~/backups/${shorten(archive)}`)

    const away = `away.${kind.name}.test`
    const folder = desk.inHome(`sites/${away}`)
    mkdirSync(folder)
    execFileSync('sh', [
      '-ec',
      `${kind.away}; mariadb-dump --no-defaults --socket="$3" "$4" > "$2/dump.sql"; chown -R "$5:$5" "$2"`,
      'sh',
      desk.inHome(`slots/${desk.machine.account}02/${copy}`),
      folder,
      desk.machine.mariadb.socket,
      `${desk.machine.account}02_main`,
      desk.machine.account,
    ])
    await desk.save(away, { context_type: 'site', platform, uri: away })
    const taken = (await previewed('import', away)).changes
    expect(detailOf(taken, 'change database')).toMatch(
      /^loaded with ~\/sites\/\S+\/dump\.sql, [\d.]+ [kM]B$/,
    )
    expect(detailOf(taken, 'create folder')).toMatch(/, with \S+ of ~\/sites\/away\./)
    expect(inShort(taken).filter((line) => line.startsWith('run script'))).toEqual([
      `run script ${kind.script('update')}`,
      `run script ${kind.script('renamed')}`,
      `run script ${kind.script('status')}`,
    ])
    for (const name of [away, copy, site]) await desk.succeed('delete', name)
  })

  test('was asked for with every command of a site that changes something', () => {
    const all = Object.entries(COMMANDS.site).filter(([, { isReading }]) => isReading !== true)
    const asked = seen.splice(0)
    expect(all.filter(([name]) => !asked.includes(name))).toEqual([])
  })
})

describe('the preview of a platform', () => {
  test('tells which of its files are written, with their text, and whose rights change', async () => {
    await desk.addPlatform('fresh', '/usr/share/wordpress', 'rm wp-config.php')
    execFileSync('sh', [
      '-ec',
      'rm "$1/wp-config.php"; chmod 700 "$1/wp-admin"',
      'sh',
      desk.inHome('platforms/fresh'),
    ])
    const { changes } = await previewed('verify', 'platform_fresh')
    expect(inShort(changes)).toEqual([
      'create file ~/platforms/fresh/wp-config.php',
      'change folder ~/platforms/fresh',
    ])
    expect(diffOf(changes, 'wp-config.php')).toContain("+require_once ABSPATH . 'wp-settings.php';")
    expect(detailOf(changes, 'change folder')).toBe('all accounts may read one file or folder more')
    expect((await previewed('verify', 'platform_fresh')).changes).toEqual([])
  })

  test('tells where its code is fetched from, and whether Composer runs scripts', async () => {
    const folder = desk.inHome('repository')
    mkdirSync(folder)
    writeFileSync(`${folder}/index.php`, '<?php echo 1;')
    execFileSync('sh', [
      '-ec',
      `cd "$1"; git init -q -b main; git add -A; git -c user.name=a -c user.email=a@a.test commit -q -m first; chown -R "$2:$2" .`,
      'sh',
      folder,
      desk.machine.account,
    ])
    const root = '~/code/deep/one'
    const saved = { context_type: 'platform', server: '@server_a', root }
    await desk.save('platform_fetched', { ...saved, source_type: 'composer', source_url: 'a/b' })
    const composer = await preview('verify', 'platform_fetched')
    expect(inShort(composer.changes)).toEqual([
      'create folder ~/code',
      'create folder ~/code/deep',
      'create folder ~/code/deep/one',
      'change context @platform_fetched',
    ])
    expect(composer.changes[2]?.detail).toBe('composer a/b, its scripts are not run')
    expect(composer.warnings).toEqual([
      'What the code is, and what it needs, is told once it is fetched.',
    ])
    const source_checksum = 'a'.repeat(64)
    const archive = await preview('verify', 'platform_fetched', [], {
      contextOptions: {
        source_type: 'archive',
        source_url: 'https://a.test/x.zip',
        source_checksum,
      },
    })
    expect(detailOf(archive.changes, 'create folder ~/code/deep/one')).toBe(
      `archive https://a.test/x.zip sha256:${source_checksum}`,
    )
    const git = { source_type: 'git', source_url: folder, source_ref: 'main' }
    const { changes } = await previewed('verify', 'platform_fetched', [], { contextOptions: git })
    expect(detailOf(changes, 'create folder ~/code/deep/one')).toBe(`git ~/repository main`)
    expect(inShort((await previewed('lock', 'platform_fetched')).changes)).toEqual([
      'change context @platform_fetched',
    ])
    await previewed('unlock', 'platform_fetched')
    expect(inShort((await previewed('delete', 'platform_fetched')).changes)).toEqual([
      'remove folder ~/code/deep/one',
      'remove context @platform_fetched',
    ])
  })
})

test('the preview of a server rotates no log', async () => {
  const mark = desk.inHome('nginx/run/rotated')
  writeFileSync(mark, '2020-01-01\n')
  const { changes } = await preview('verify', 'server_a')
  expect(inShort(changes)).toEqual(['run reload nginx'])
  expect(existsSync(mark) && readFileSync(mark, 'utf8')).toBe('2020-01-01\n')
})

test('what would stop a command is told by its preview', async () => {
  const uri = 'late.php.test'
  await desk.save(uri, { context_type: 'site', platform: '@platform_php_a', uri })
  const name = `${desk.machine.account}01_left`
  desk.machine.query(`CREATE DATABASE ${name}`)
  const ran = await desk.machine.run(['provision-install', `@${uri}`], { dryRun: true })
  expect(ran.result).toMatchObject({ isOk: false, errorCode: 'PROVISION_DATABASE_TAKEN' })
  desk.machine.query(`DROP DATABASE ${name}`)
})
