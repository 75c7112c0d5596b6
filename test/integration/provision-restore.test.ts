import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { SiteHarness } from '../support/provision-site.ts'

let desk: SiteHarness

const open = async (): Promise<void> => {
  desk = await SiteHarness.open({ user: 'hdtasks' })
}
const close = (): Promise<void> => desk.close()

describe('restore', () => {
  beforeEach(open)
  afterEach(close)

  test('brings the files of a backup back, and packs those that it replaces', async () => {
    desk.account.put(`sites/${desk.site}/deep/er.html`, 'first')
    const file = await desk.backUp()
    desk.account.put(`sites/${desk.site}/index.html`, 'changed')
    desk.account.put(`sites/${desk.site}/new.html`, 'new')
    const { result } = await desk.succeed('restore', desk.site, file)
    expect(result).toMatchObject({
      contexts: [{ name: desk.site, type: 'site', options: { uri: desk.site } }],
      data: { sizeBytes: expect.any(Number) as number },
    })
    expect(await desk.fetch()).toMatchObject({ status: 200, body: 'page of a' })
    expect(await desk.fetch(desk.site, '/deep/er.html')).toMatchObject({ body: 'first' })
    expect(await desk.fetch(desk.site, '/new.html')).toMatchObject({ status: 404 })
    expect(desk.leftovers()).toEqual([])
    await desk.succeed('restore', desk.site, result.data['file'] as string)
    expect(await desk.fetch()).toMatchObject({ body: 'changed' })
    expect(await desk.fetch(desk.site, '/new.html')).toMatchObject({ body: 'new' })
  })

  test('that ends in a site that does not answer swaps back', async () => {
    const file = await desk.backUp()
    desk.account.put(`sites/${desk.site}/index.html`, 'changed')
    chmodSync(desk.inHome('sites'), 0o500)
    await desk.expectTakenBack('PROVISION_NO_PERMISSION', 'restore', file)
    chmodSync(desk.inHome('sites'), 0o700)
    const broken = `server { listen ${desk.port}; listen [::]:${desk.port}; server_name ${desk.site}; return 500; }`
    desk.account.put('nginx/vhost.d/a-first.conf', broken)
    process.kill(Number(readFileSync(desk.inHome('nginx/run/nginx.pid'), 'utf8')), 'SIGHUP')
    await eventually(async () => expect(await desk.fetch()).toMatchObject({ status: 500 }))
    await desk.expectTakenBack('PROVISION_SITE_NOT_ANSWERING', 'restore', file)
  }, 30_000)

  test('that is ended while it unpacks leaves the site as it was', async () => {
    const file = await desk.backUp()
    desk.account.put(
      'bin/tar',
      '#!/bin/sh\ncase "$1" in -xf) : > "$HOME/begun"; exec sleep 60;; esac\nexec /bin/tar "$@"\n',
      0o755,
    )
    const before = desk.account.tree()
    const { child, ended } = desk.account.start(
      ['provision-restore', `@${desk.site}`, file],
      {},
      { PATH: `${desk.inHome('bin')}:/usr/bin:/bin` },
    )
    await eventually(() => expect(existsSync(desk.inHome('begun'))).toBe(true))
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    expect((await ended).result.errorCode).toBe('PROVISION_CANCELLED')
    expect(desk.account.tree().filter((line) => !line.startsWith('begun '))).toEqual(before)
  })

  test('finds a site again that a killed restore had set aside', async () => {
    const file = await desk.backUp()
    await desk.kill('-xf', 'restore', file)
    await desk.succeed('restore', desk.site, file)
    expect(await desk.fetch()).toMatchObject({ body: 'page of a' })
    expect(desk.leftovers()).toEqual([])
  })
})

describe('a backup that is not good', () => {
  beforeAll(open)
  afterAll(close)

  const refused = (code: string, ...args: string[]) =>
    desk.expectTakenBack(code, 'restore', ...args)
  /** A restore looks at all of it before; a copy only finds out while it unpacks. */
  const refusedByAll = async (code: string, file: string): Promise<void> => {
    await refused(code, file)
    await desk.expectTakenBack(code, 'clone', '@copy.test', '@platform_a', file)
  }

  test.each([
    ['no file', ''],
    ['a relative one', 'x.tar.gz'],
    ['one elsewhere', '/etc/passwd'],
    ['one that only looks so', '~/backups/x.tar.gz'],
    ['a hidden one', '{backups}/.x.tar.gz'],
    ['another ending', '{backups}/x.zip'],
    ['a way out', '{backups}/../sites/x.tar.gz'],
    ['a folder below', '{backups}/x/y.tar.gz'],
    ['a command', '{backups}/$(touch executed).tar.gz'],
    ['an option', '--to-command=touch executed'],
    ['a line break', '{backups}/a\nb.tar.gz'],
  ])('%s', async (_what, named) => {
    await refused('PROVISION_FOREIGN_FILE', named.replace('{backups}', desk.inHome('backups')))
    expect(existsSync(desk.inHome('executed'))).toBe(false)
  })

  test('a link, however it is called', async () => {
    symlinkSync('/etc/passwd', desk.inHome('backups/link.tar.gz'))
    await refused('PROVISION_FOREIGN_FILE', desk.inHome('backups/link.tar.gz'))
  })

  test('a backup that is not there, and too many or too few arguments', async () => {
    const file = desk.inHome('backups/gone.tar.gz')
    await refused('PROVISION_BACKUP_NOT_FOUND', file)
    await refused('PROVISION_USAGE')
    await refused('PROVISION_USAGE', file, file)
  })

  const manifest = (facts: object = {}) =>
    JSON.stringify({
      format: 3,
      kind: 'site-backup',
      uri: 'www.example.test',
      folder: 'www.example.test',
      application: 'static',
      fileBytes: 1,
      ...facts,
    })

  /** Packs what a script makes in an empty folder; its words follow `tar`. */
  const pack = (name: string, script: string, words: string[]): string => {
    const folder = desk.inHome(`pack-${name}`)
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'manifest.json'), manifest())
    const sums = 'find . -type f ! -name SHA256SUMS -exec sha256sum {} + >SHA256SUMS'
    execFileSync('sh', ['-c', `mkdir -p www.example.test; (${script}); ${sums}`], { cwd: folder })
    const file = desk.inHome(`backups/${name}.tar.gz`)
    execFileSync('tar', ['-czf', file, ...words, './SHA256SUMS'], { cwd: folder, stdio: 'pipe' })
    execFileSync('chmod', ['644', file])
    return file
  }
  const ALL = ['./manifest.json', './www.example.test']

  test.each([
    ['no-manifest', 'true', ['./www.example.test']],
    ['no-site', 'true', ['./manifest.json']],
    ['two-sites', 'mkdir other', [...ALL, './other']],
    ['a-file-beside', 'echo x > beside', [...ALL, './beside']],
    ['absolute', 'true', ['-P', ...ALL, '/etc/hostname']],
    ['upwards', 'echo x > www.example.test/x', ['-P', '--transform=s,x$,../../x,', ...ALL]],
    ['a-device', 'mknod www.example.test/null c 1 3', ALL],
    [
      'foreign-hard-link',
      'echo x > www.example.test/x; ln www.example.test/x y',
      ['./manifest.json', './y', './www.example.test'],
    ],
    ['the-site-is-a-file', 'rmdir www.example.test; echo x > www.example.test', ALL],
    ['the-site-is-a-link', 'rmdir www.example.test; ln -s /etc www.example.test', ALL],
  ])('an archive with %s', async (name, script, words) => {
    await refusedByAll('PROVISION_BAD_ARCHIVE', pack(name, script, words))
  })

  test.each([
    ['changed', 'echo y > www.example.test/x'],
    ['gone', 'rm www.example.test/x'],
    ['new', 'echo y > www.example.test/y'],
  ])('an archive in which a file is %s', async (what, script) => {
    const first = pack(`before-${what}`, 'echo x > www.example.test/x', ALL)
    const folder = desk.inHome(`file-${what}`)
    mkdirSync(folder)
    execFileSync('sh', ['-ec', `tar -xzf "${first}"; ${script}`], { cwd: folder })
    const file = desk.inHome(`backups/file-${what}.tar.gz`)
    execFileSync('tar', ['-czf', file, ...ALL, './SHA256SUMS'], { cwd: folder })
    execFileSync('chmod', ['644', file])
    await refusedByAll('PROVISION_BAD_ARCHIVE', file)
  })

  test.each([
    ['of another kind', { kind: 'database' }],
    ['of a newer form', { format: 4 }],
    ['without what it holds', { format: 2 }],
    ['of another size', { fileBytes: -1 }],
    ['of a database that is none', { dumpBytes: '1' }],
    ['of a database that is not there', { dumpBytes: 1 }],
    ['of another site than it holds', { uri: 'b.test', folder: 'b.test' }],
    ['of no site', { uri: '../x', folder: '../x' }],
  ])('an archive whose manifest is %s', async (_what, facts) => {
    const name = `manifest-${_what.replaceAll(' ', '-')}`
    await refusedByAll(
      'PROVISION_BAD_ARCHIVE',
      pack(name, `echo '${manifest(facts)}' > manifest.json`, ALL),
    )
  })

  test('an archive of another application', async () => {
    const file = pack('php', `echo '${manifest({ application: 'php' })}' > manifest.json`, ALL)
    await refusedByAll('PROVISION_OTHER_APPLICATION', file)
  })

  test('an archive that would fill the disk, before it is unpacked', async () => {
    const head = Buffer.alloc(512)
    head.write('./www.example.test/bomb')
    head.writeUInt8(0x80, 124)
    head.writeUIntBE(2 ** 47, 130, 6)
    head.write('0', 156)
    const sum = head.reduce((total, byte) => total + byte, 8 * 32)
    head.write(sum.toString(8).padStart(6, '0'), 148)
    const file = desk.inHome('backups/bomb.tar.gz')
    writeFileSync(file, gzipSync(head))
    await refusedByAll('PROVISION_NO_SPACE', file)
  })

  test('one that says in its manifest that it would fill the disk', async () => {
    const facts = manifest({ fileBytes: 2 ** 47 })
    const file = pack('large', `echo '${facts}' > manifest.json`, ALL)
    await desk.expectTakenBack('PROVISION_NO_SPACE', 'clone', '@copy.test', '@platform_a', file)
  })

  test('an archive that was cut, at any place', async () => {
    const whole = readFileSync(await desk.backUp())
    const file = desk.inHome('backups/cut.tar.gz')
    // In the last two every file is there, and only gzip's own end is not.
    for (const at of [0, 1, 10, 100, whole.length - 9, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, at))
      await refusedByAll('PROVISION_BAD_ARCHIVE', file)
    }
  })

  test('no link that stays inside, but each that leads out', async () => {
    const script = `cd www.example.test; echo page > index.html; mkdir d; ln -s index.html good; ln -s ../index.html d/up
      ln -s ${desk.inHome(`sites/${desk.site}/index.html`)} own; ln -s /etc/hostname absolute; ln -s ../../.hosting-desk out; mkfifo pipe
      ln -s d hop; ln -s hop/../../x sneaky`
    const file = pack('links', script, ALL)
    const { events } = await desk.succeed('restore', desk.site, file)
    const said = JSON.stringify(events)
    for (const name of ['absolute', 'out', 'pipe', 'sneaky'])
      expect([name, said.includes(`no file: ${name}"`)]).toEqual([name, true])
    const names = desk.account
      .tree()
      .filter((line) => line.startsWith(`sites/${desk.site}/`))
      .slice(1)
    expect(names.map((line) => line.split(' ')[0]?.replace(`sites/${desk.site}/`, ''))).toEqual([
      'd/',
      'd/up',
      'good',
      'hop',
      'index.html',
      'own',
    ])
  })
})

describe('a backup of an older release', () => {
  beforeAll(open)
  afterAll(close)

  const facts = { kind: 'site-backup', uri: 'www.example.test', folder: 'www.example.test' }
  const digest = createHash('sha256').update('older').digest('hex')

  test.each([
    ['first', { format: 1 }],
    ['second', { format: 2, files: { './www.example.test/index.html': digest } }],
  ])('of the %s form is restored, and copied', async (form, its) => {
    const folder = desk.inHome(`form-${form}`)
    mkdirSync(path.join(folder, desk.site), { recursive: true })
    writeFileSync(path.join(folder, desk.site, 'index.html'), 'older')
    const manifest = { ...facts, application: 'static', ...its }
    writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest))
    const file = desk.inHome(`backups/${form}.tar.gz`)
    execFileSync('tar', ['-czf', file, `./${desk.site}`, './manifest.json'], { cwd: folder })
    execFileSync('chmod', ['644', file])
    await desk.succeed('restore', desk.site, file)
    expect(await desk.fetch()).toMatchObject({ body: 'older' })
    await desk.succeed('clone', desk.site, `@${form}.test`, '@platform_a', file)
    expect(await desk.fetch(`${form}.test`)).toMatchObject({ body: 'older' })
  })
})

describe('backup-delete', () => {
  beforeAll(open)
  afterAll(close)

  test('removes what is named and nothing else', async () => {
    const [one, two, three] = [await desk.backUp(), await desk.backUp(), await desk.backUp()]
    const { result, events } = await desk.succeed('backup-delete', desk.site, one, two, one)
    expect(result.data).toEqual({ deleted: [one, two] })
    expect(events.filter((event) => event.event === 'log')).toEqual([])
    expect([one, two, three].map((file) => existsSync(file))).toEqual([false, false, true])
    expect(desk.leftovers()).toEqual([])
  })

  test('warns of one that is gone, and removes the others', async () => {
    const file = await desk.backUp()
    const gone = desk.inHome('backups/gone.tar.gz')
    const { result, events } = await desk.succeed('backup-delete', desk.site, gone, file)
    expect(result.data).toEqual({ deleted: [file] })
    expect(events).toContainEqual(expect.objectContaining({ event: 'log', level: 'warning' }))
  })

  test('refuses them all where one is no backup', async () => {
    const file = await desk.backUp()
    for (const foreign of [
      '/etc/passwd',
      desk.inHome('sites'),
      `${desk.inHome('backups')}/..`,
      '-rf',
    ])
      await desk.expectTakenBack('PROVISION_FOREIGN_FILE', 'backup-delete', file, foreign)
    await desk.expectTakenBack('PROVISION_USAGE', 'backup-delete')
  })

  test('takes what it had moved back where the next cannot be moved', async () => {
    const files = [await desk.backUp(), await desk.backUp()]
    // In a folder like /tmp, where nobody moves what is another's.
    const { uid, gid } = statSync(desk.inHome('backups'))
    chownSync(desk.inHome('backups'), 0, 0)
    chmodSync(desk.inHome('backups'), 0o1777)
    chownSync(files[1] ?? '', 0, 0)
    await desk.expectTakenBack('PROVISION_NO_PERMISSION', 'backup-delete', ...files)
    chownSync(files[1] ?? '', uid, gid)
    chownSync(desk.inHome('backups'), uid, gid)
    chmodSync(desk.inHome('backups'), 0o700)
    await desk.succeed('backup-delete', desk.site, ...files)
  })

  test('works for a site that is deleted', async () => {
    const file = await desk.backUp()
    await desk.succeed('delete', desk.site)
    expect((await desk.succeed('backup-delete', desk.site, file)).result.data).toEqual({
      deleted: [file],
    })
  })
})

describe('disable and enable', () => {
  beforeAll(open)
  afterAll(close)

  test('take the site off the web and put it back', async () => {
    const off = await desk.succeed('disable', desk.site)
    expect(off.result.contexts).toMatchObject([
      { name: desk.site, options: { site_enabled: false, installed: true, uri: desk.site } },
    ])
    expect(await desk.fetch()).toMatchObject({
      status: 503,
      body: expect.stringContaining('not available') as string,
    })
    expect(await desk.fetch(desk.site, '/style.css')).toMatchObject({ status: 503 })
    expect(existsSync(desk.inHome(`sites/${desk.site}/index.html`))).toBe(true)
    // A verify leaves it so.
    await desk.succeed('verify', desk.site)
    expect(await desk.fetch()).toMatchObject({ status: 503 })
    const on = await desk.succeed('enable', desk.site)
    expect(on.result).toMatchObject({
      data: { url: `http://${desk.site}:${desk.port}` },
      contexts: [{ name: desk.site, options: { site_enabled: true } }],
    })
    expect(await desk.fetch()).toMatchObject({ status: 200, body: 'page of a' })
  })

  test('are taken back where the context cannot be written', async () => {
    chmodSync(desk.inHome('.hosting-desk/contexts'), 0o500)
    await desk.expectTakenBack('PROVISION_NO_PERMISSION', 'disable')
    expect(await desk.fetch()).toMatchObject({ status: 200 })
    chmodSync(desk.inHome('.hosting-desk/contexts'), 0o700)
    await desk.succeed('disable', desk.site)
    chmodSync(desk.inHome('.hosting-desk/contexts'), 0o500)
    await desk.expectTakenBack('PROVISION_NO_PERMISSION', 'enable')
    expect(await desk.fetch()).toMatchObject({ status: 503 })
    chmodSync(desk.inHome('.hosting-desk/contexts'), 0o700)
    await desk.succeed('enable', desk.site)
  })

  test('take no arguments, and only a site that is installed', async () => {
    await desk.expectTakenBack('PROVISION_USAGE', 'disable', '@x')
    await desk.account.save('b.test', {
      context_type: 'site',
      platform: '@platform_a',
      uri: 'b.test',
    })
    for (const name of ['disable', 'enable', 'restore'])
      expect(
        (await desk.command(name, 'b.test', ...(name === 'restore' ? ['/x'] : []))).result
          .errorCode,
      ).toBe('PROVISION_SITE_NOT_INSTALLED')
  })
})
