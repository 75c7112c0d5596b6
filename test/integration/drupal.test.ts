import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { makeDrupalTree } from '../support/drupal-tree.ts'

let desk: CodeHarness

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hddru', slots: 3 })
}, 180_000)
afterAll(() => desk?.close())

async function addTree(name: string, version: string, script = 'true'): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'desk-drupal-'))
  makeDrupalTree(folder, version)
  await desk.addPlatform(name, folder, script)
  rmSync(folder, { recursive: true })
}

// A tree of our own: Hosting Desk has not yet been tried with a real Drupal.
describe.each([
  { name: 'seven', version: '7.103', updates: 'system1.1 system2.1 system2.2 ' },
  {
    name: 'eight',
    version: '8.9.20',
    updates: 'system1.1 system2.1 system2.2 node_post_update_one',
  },
  {
    name: 'nine',
    version: '9.5.11',
    updates: 'system1.1 system2.1 system2.2 node_post_update_one',
  },
  { name: 'ten', version: '10.4.1', updates: 'system1.1 system2.1 system2.2 node_post_update_one' },
  {
    name: 'eleven',
    version: '11.1.5',
    updates: 'system1.1 system2.1 system2.2 node_post_update_one',
  },
])(
  'a tree with the layout of Drupal $version',
  { timeout: 120_000 },
  ({ name, version, updates }) => {
    const site = `www.${name}.example`
    const alias = `alias.${name}.example`
    const renamed = `new.${name}.example`
    const link = (uri = site): string => desk.inHome(`platforms/${name}/sites/${uri}`)
    const get = async (uri: string, variable: string): Promise<string> => {
      const { result } = await desk.succeed('verify', uri)
      const database = result.data['databaseName'] as string
      return desk.machine
        .query(`SELECT value FROM ${database}.variable WHERE name = '${variable}'`)
        .trim()
    }

    test('is recognised, with its version and what it carries', async () => {
      await addTree(name, version)
      const { result, events } = await desk.succeed('verify', `platform_${name}`)
      expect(result.data).toMatchObject({
        application: 'drupal',
        version,
        abilities: ['cron', 'login-reset'],
      })
      expect(result.data['packages']).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: 'core', name: 'drupal', version }),
        ]),
      )
      expect(JSON.stringify(events)).toContain('not yet been tried with a real Drupal')
    })

    test('has its sites in sites/NAME, each in its slot and database, under all of their names', async () => {
      const { result } = await desk.install(site, name, {
        site_title: 'The title',
        aliases: [alias],
        profile: 'minimal',
      })
      const slot = result.data['slot'] as string
      expect(readlinkSync(link())).toBe(desk.inHome(`slots/${slot}/${site}`))
      for (const host of [site, alias])
        expect((await desk.fetch(host))?.body).toContain('<title>The title</title>')
      expect(await get(site, 'profile')).toBe('minimal')
      expect(result.data['loginLink']).toMatch(`${desk.urlOf(site)}/user/reset/`)
      expect(await desk.fetch(site, `/sites/${site}/files/a.png`)).toMatchObject({
        status: 200,
        body: 'a picture',
      })
    })

    test('keeps its code and settings to itself', async () => {
      const hidden = ['/composer.json', `/sites/${site}/settings.php`, `/sites/${site}/private/x`]
      const code = version.startsWith('7.')
        ? [
            '/includes/common.inc',
            '/sites/all/modules/views/views.info.yml',
            '/includes/install.php',
          ]
        : ['/core/core.services.yml', '/core/includes/tree.inc', '/core/install.php']
      for (const target of [...hidden, ...code])
        expect(await desk.fetch(site, target), target).toMatchObject({ status: 404 })
    })

    test('says how it is: version, updates that wait, maintenance, and active packages', async () => {
      const { result } = await desk.succeed('verify', site)
      const isSeven = name === 'seven'
      expect(result.data['report']).toMatchObject({
        version,
        database: { isAnswering: true },
        isInMaintenance: false,
        pendingUpdates: isSeven ? 2 : 3,
        packages: [
          { type: 'core', name: 'drupal', title: 'Drupal', version },
          { type: 'module', name: 'own', title: 'Own one', version: null },
          { type: 'module', name: 'views', title: 'Views', version: isSeven ? '7.x-3.29' : '1.0' },
          { type: 'theme', name: 'bartik', title: 'Bartik' },
        ],
      })
      const database = result.data['databaseName'] as string
      const mode = isSeven ? 'maintenance_mode' : 'system.maintenance_mode'
      desk.machine.query(`INSERT INTO ${database}.variable VALUES ('${mode}', '1')`)
      const report = (await desk.succeed('verify', site)).result.data['report']
      expect(report).toMatchObject({ isInMaintenance: true })
      desk.machine.query(`DELETE FROM ${database}.variable WHERE name = '${mode}'`)
    })

    test('runs cron, makes a login link, and comes back from a backup', async () => {
      await desk.succeed('cron', site)
      expect(await get(site, 'cron')).toBe('ran')
      const { result } = await desk.succeed('login-reset', site)
      expect(result.data['loginLink']).toMatch(`${desk.urlOf(site)}/user/reset/1/2/`)
      const file = (await desk.succeed('backup', site)).result.data['file'] as string
      await desk.succeed('restore', site, file)
      expect((await desk.fetch(site))?.body).toContain('<title>The title</title>')
    })

    test('is updated on another platform, and its files follow its name', async () => {
      await addTree(`${name}next`, version)
      await desk.succeed('migrate', site, `@platform_${name}next`)
      expect(await get(site, 'updates')).toBe(updates.trim())
      expect(() => lstatSync(link())).toThrow('ENOENT')
      await desk.succeed('migrate', site, `@platform_${name}`, `@${renamed}`)
      expect((await desk.fetch(renamed))?.body).toContain(
        `${desk.urlOf(renamed)}/sites/${renamed}/files/a.png`,
      )
      expect(await get(renamed, 'flushed')).toBe(`sites/${renamed}`)
      await desk.succeed('delete', renamed)
      expect(() => lstatSync(link(renamed))).toThrow('ENOENT')
      expect(desk.databases()).toEqual([])
    })
  },
)

test('half a Drupal is no platform, and neither is the folder above its pages', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'desk-drupal-'))
  makeDrupalTree(path.join(folder, 'web'), '10.4.1')
  const root = desk.inHome('platforms/project')
  execFileSync('sh', [
    '-c',
    `cp -r ${folder} ${root}; rm ${root}/web/autoload.php; chown -R ${desk.machine.account}: ${root}`,
  ])
  rmSync(folder, { recursive: true })
  for (const [name, below, said] of [
    ['above', '', `lie in ${root}/web`],
    ['half', '/web', 'lacks autoload.php'],
  ] as const) {
    await desk.save(`platform_${name}`, {
      context_type: 'platform',
      server: '@server_a',
      root: root + below,
    })
    const ran = await desk.fail('PROVISION_PLATFORM_INCOMPLETE', 'verify', `platform_${name}`)
    expect(ran.result.errorMessage).toContain(said)
  }
})

test('a Drupal whose sites have no place to be, and one that does not install, end with Aegir’s codes', async () => {
  await addTree('odd', '10.4.1')
  const root = desk.inHome('platforms/odd')
  chmodSync(`${root}/sites`, 0o555)
  await desk.fail('PROVISION_SITES_DIR_NOT_WRITABLE', 'verify', 'platform_odd')
  chmodSync(`${root}/sites`, 0o755)
  writeFileSync(`${root}/core/includes/install.core.inc`, '<?php throw new Exception("No.");')
  const uri = 'www.odd.example'
  await desk.save(uri, { context_type: 'site', platform: '@platform_odd', uri })
  const before = desk.state()
  await desk.fail('PROVISION_DRUPAL_INSTALL_FAILED', 'install', uri)
  expect(desk.state()).toEqual(before)
})

test('of two sites on one code, neither shows by its name what the other has', async () => {
  await addTree('both', '10.4.1', 'mkdir -p sites/all; echo shared > sites/all/note.txt')
  const [one, two] = ['one.both.example', 'two.both.example'] as const
  for (const uri of [one, two]) {
    const { result } = await desk.install(uri, 'both')
    const folder = desk.inHome(`slots/${result.data['slot'] as string}/${uri}`)
    const { uid, gid } = lstatSync(`${folder}/private`)
    for (const name of ['private', 'files']) {
      writeFileSync(`${folder}/${name}/note.txt`, uri, { mode: 0o660 })
      chownSync(`${folder}/${name}/note.txt`, uid, gid)
    }
  }
  for (const [host, other] of [
    [one, two],
    [two, one],
  ] as const) {
    expect(await desk.fetch(host, `/sites/${host}/files/note.txt`)).toMatchObject({ body: host })
    expect(await desk.fetch(host, '/sites/all/note.txt')).toMatchObject({ body: 'shared\n' })
    for (const name of ['private', 'files'])
      expect(await desk.fetch(host, `/sites/${other}/${name}/note.txt`)).toMatchObject({
        status: 404,
      })
  }
})
