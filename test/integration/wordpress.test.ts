import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { CodeHarness } from '../support/code-harness.ts'

const SITE = 'www.blog.example'
const COPY = 'copy.blog.example'

let desk: CodeHarness
let slot: string
let backup: string

/** Asks the database that the site has now. */
const ask = async (uri: string, sql: string): Promise<string> => {
  const { result } = await desk.succeed('verify', uri)
  return desk.machine.query(`USE ${result.data['databaseName'] as string}; ${sql}`).trim()
}
const bodyOf = async (uri: string, target = '/'): Promise<string> =>
  (await desk.fetch(uri, target))?.body ?? ''

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdwp', slots: 3 })
  await desk.verifyPlatform('debian', '/usr/share/wordpress')
  const change = `rm wp-config.php; sed -i "s/^.wp_version = .*/\\$wp_version = '6.1.99';/" wp-includes/version.php`
  await desk.addPlatform('own', '/usr/share/wordpress', change)
}, 180_000)
afterAll(() => desk?.close())

describe('WordPress', () => {
  test('is recognised with its version and what it carries', async () => {
    const { result } = await desk.succeed('verify', 'platform_own')
    expect(result.data).toMatchObject({
      application: 'wordpress',
      version: '6.1.99',
      abilities: ['cron', 'login-reset'],
    })
    expect(result.data['packages']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'core', name: 'wordpress' }),
        expect.objectContaining({ type: 'plugin', name: 'akismet' }),
        expect.objectContaining({ type: 'theme', name: 'twentytwentythree' }),
      ]),
    )
  })

  test('is installed from Debian’s package, and shows the site’s title', async () => {
    const { result } = await desk.install(SITE, 'debian', {
      site_title: 'Ania’s “blog” & more',
      client_email: 'ania@blog.example',
    })
    slot = result.data['slot'] as string
    const link = result.data['loginLink'] as string
    expect(link.startsWith(`${desk.urlOf(SITE)}/wp-login.php?hd_login=`)).toBe(true)
    expect(result.data['report']).toMatchObject({
      packages: expect.arrayContaining([
        expect.objectContaining({ type: 'core', name: 'wordpress' }),
      ]) as unknown,
    })
    const answer = await desk.fetch(SITE)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer?.body).toMatch(/<title>Ania’s “blog” &(amp|#038);\s*more/)
    expect(await ask(SITE, 'SELECT user_email FROM wp_users WHERE ID = 1')).toBe(
      'ania@blog.example',
    )
  })

  test('answers with its pages, styles, themes and interface, and keeps its code to itself', async () => {
    for (const target of ['/wp-login.php', '/wp-json/', '/feed/'])
      expect(await desk.fetch(SITE, target), target).toMatchObject({ status: 200 })
    const theme = '/wp-content/themes/twentytwentythree'
    expect(await desk.fetch(SITE, `${theme}/style.css`)).toMatchObject({ status: 200 })
    expect(await desk.fetch(SITE, '/wp-includes/css/dashicons.min.css')).toMatchObject({
      status: 200,
    })
    for (const target of [`${theme}/functions.php`, '/wp-content/plugins/akismet/akismet.php'])
      expect(await desk.fetch(SITE, target), target).toMatchObject({ status: 403 })
    for (const target of ['/wp-config.php', '/.htaccess'])
      expect(await desk.fetch(SITE, target), target).toMatchObject({ status: 404 })
  })

  test('gets back a post that was deleted after its backup, with its pictures', async () => {
    const link = desk.urlOf(SITE)
    await desk.php(
      SITE,
      `
      wp_insert_post(['post_title' => 'Dear post', 'post_status' => 'publish', 'post_name' => 'dear',
        'post_content' => '<a href="${link}/about">about</a>']);
      update_option('hd_links', ['home' => '${link}', 'deep' => [['${link}/x', 7]]]);
      wp_upload_bits('note.txt', null, 'a note');
    `,
    )
    const dear = await postPath()
    expect(await bodyOf(SITE, dear)).toContain('Dear post')
    backup = (await desk.succeed('backup', SITE)).result.data['file'] as string
    await desk.php(SITE, "wp_delete_post(get_page_by_path('dear', OBJECT, 'post')->ID, true);")
    expect(await bodyOf(SITE, dear)).not.toContain('Dear post')
    await desk.succeed('restore', SITE, backup)
    expect(await bodyOf(SITE, dear)).toContain('Dear post')
    expect(await bodyOf(SITE, await notePath())).toBe('a note')
    // What was restored is the site’s own to write again.
    await desk.php(
      SITE,
      "$b = wp_upload_bits('more.txt', null, 'more'); if ($b['error']) throw new Exception($b['error']);",
    )
    expect(desk.leftovers()).toEqual([])
  })

  test('has a copy with its own name, database and links, serialised ones too', async () => {
    const { result } = await desk.succeed('clone', SITE, `@${COPY}`, '@platform_debian')
    expect(result.data['slot']).not.toBe(slot)
    expect(await desk.fetch(COPY)).toMatchObject({ status: 200 })
    const body = await bodyOf(COPY, await postPath())
    expect(body).toContain(`${desk.urlOf(COPY)}/about`)
    expect(body).not.toContain(desk.urlOf(SITE))
    expect(await bodyOf(COPY, await notePath())).toBe('a note')
    const options = await desk.php(COPY, "return get_option('hd_links');")
    const home = desk.urlOf(COPY)
    expect(options).toEqual({ home, deep: [[`${home}/x`, 7]] })
    expect(await desk.php(SITE, "return get_option('hd_links');")).toMatchObject({
      home: desk.urlOf(SITE),
    })
  })

  test('comes to another platform with another folder of the code', async () => {
    await desk.succeed('migrate', SITE, '@platform_own')
    expect(await desk.php(SITE, 'return [ABSPATH, $GLOBALS["wp_version"]];')).toEqual([
      `${desk.inHome('platforms/own')}/`,
      '6.1.99',
    ])
    expect(await bodyOf(SITE, await postPath())).toContain('Dear post')
    expect(await bodyOf(SITE)).toContain('6.1.99')
  })

  test('says how it is, also where a plugin breaks every page of it', async () => {
    const plugin = desk.inHome(`slots/${slot}/${SITE}/content/plugins/broken`)
    execFileSync('sh', [
      '-ec',
      `mkdir "$1"; printf '<?php\n/*\nPlugin Name: Broken\nVersion: 0.1\n*/\nexit("broken");\n' > "$1/broken.php"`,
      'sh',
      plugin,
    ])
    const well = await desk.succeed('verify', SITE)
    expect(well.result.data['report']).toMatchObject({
      version: '6.1.99',
      database: { isAnswering: true },
      isInMaintenance: false,
      pendingUpdates: 0,
    })
    await desk.php(
      SITE,
      "update_option('active_plugins', ['akismet/akismet.php', 'broken/broken.php', '../../../wp-config.php', 7]);",
    )
    const { result, events } = await desk.succeed('verify', SITE)
    expect(events.filter((one) => one.event === 'log' && one.level === 'warning')).toEqual([])
    expect((result.data['report'] as { packages: unknown[] }).packages).toEqual([
      { type: 'core', name: 'wordpress', title: 'WordPress', version: '6.1.99' },
      {
        type: 'plugin',
        name: 'akismet',
        title: expect.stringContaining('Akismet') as string,
        version: expect.stringMatching(/^\d/) as string,
      },
      { type: 'plugin', name: 'broken', title: 'Broken', version: '0.1' },
      expect.objectContaining({ type: 'theme', name: 'twentytwentythree' }),
    ])
    const database = result.data['databaseName'] as string
    desk.machine.query(
      `UPDATE ${database}.wp_options SET option_value = 'a:0:{}' WHERE option_name = 'active_plugins'; UPDATE ${database}.wp_options SET option_value = '1' WHERE option_name = 'db_version'`,
    )
    const old = await desk.succeed('verify', SITE)
    expect(old.result.data['report']).toMatchObject({ pendingUpdates: 1 })
    execFileSync('rm', ['-r', plugin])
    await desk.php(SITE, 'wp_upgrade();')
    const closed = desk.inHome('platforms/own/.maintenance')
    writeFileSync(closed, '<?php $upgrading = time();')
    expect((await desk.fetch(SITE))?.status).toBe(503)
    const { data } = (await desk.succeed('verify', SITE)).result
    expect(data['report']).toMatchObject({ isInMaintenance: true, pendingUpdates: 0 })
    execFileSync('rm', [closed])
  })

  test('runs what is due when cron comes', async () => {
    await desk.php(
      SITE,
      "wp_schedule_single_event(time() - 10, 'hd_due'); update_option('hd_ran', 'no');",
    )
    const { result } = await desk.succeed('cron', SITE)
    expect(result.data['events']).toBeGreaterThan(0)
    expect(await desk.php(SITE, "return wp_next_scheduled('hd_due');")).toBe(false)
  })

  test('lets whoever has the login link in, once', { timeout: 120_000 }, async () => {
    const { result } = await desk.succeed('login-reset', SITE)
    const link = result.data['loginLink'] as string
    const browser = await launchBrowser()
    try {
      const page = await browser.newPage()
      await page.goto(link)
      await page.waitForSelector('#wpadminbar')
      expect(new URL(page.url()).pathname).toBe('/wp-admin/')
      expect(await page.title()).toContain('Dashboard')
      const again = await (await browser.newContext()).newPage()
      expect((await again.goto(link))?.status()).toBe(403)
    } finally {
      await browser.close()
    }
  })

  test('shows that it is out of order while it is disabled', async () => {
    await desk.succeed('disable', SITE)
    expect(await desk.fetch(SITE)).toMatchObject({ status: 503 })
    expect(await bodyOf(SITE)).toContain('not available at the moment')
    expect(await desk.fetch(SITE, '/wp-login.php')).toMatchObject({ status: 503 })
    await desk.fail('PROVISION_SITE_DISABLED', 'cron', SITE)
    await desk.succeed('enable', SITE)
    expect(await desk.fetch(SITE)).toMatchObject({ status: 200 })
  })

  test('leaves nothing when it is deleted but a backup, and that makes it again', async () => {
    const post = await postPath()
    const database = (await desk.succeed('verify', SITE)).result.data['databaseName'] as string
    const { events } = await desk.succeed('delete', SITE)
    const file = /A last backup stays: \\"([^"\\]+)/.exec(JSON.stringify(events))?.[1] ?? ''
    expect(await desk.fetch(SITE)).toBeUndefined()
    expect(desk.databases()).not.toContain(database)
    expect(desk.filesIn(`slots/${slot}`)).toEqual([])
    expect(desk.stateFilesOf(slot)).toEqual([])
    expect(desk.processesOf(slot)).toEqual([])
    expect(existsSync(desk.inHome(`nginx/vhost.d/${SITE}.conf`))).toBe(false)
    expect(existsSync(desk.inHome(`.hosting-desk/slots/${slot}`))).toBe(false)
    expect(await desk.fetch(COPY)).toMatchObject({ status: 200 })

    await desk.save(SITE, { context_type: 'site', platform: '@platform_debian', uri: SITE })
    await desk.succeed('import', SITE, file)
    expect(await bodyOf(SITE, post)).toContain('Dear post')
  })

  test('that was made elsewhere is taken over with its own prefix and address', async () => {
    const away = 'taken.blog.example'
    const folder = desk.inHome(`sites/${away}`)
    const from = desk.inHome(`slots/${slot}/${SITE}/content`)
    const dump = `${folder}/dump.sql`
    execFileSync('sh', [
      '-ec',
      `
      mkdir -p ${folder}/wp-content; cp -r ${from}/uploads ${from}/plugins ${folder}/wp-content
      mariadb-dump --no-defaults --socket=${desk.machine.mariadb.socket} ${slot}_main |
        sed 's/\`wp_/\`old_/g; s/wp_user_roles/old_user_roles/g; s/wp_capabilities/old_capabilities/g' > ${dump}
      echo '<?php $table_prefix = "old_";' > ${folder}/wp-config.php
      chown -R ${desk.machine.account}:${desk.machine.account} ${folder}`,
    ])
    await desk.save(away, { context_type: 'site', platform: '@platform_debian', uri: away })
    await desk.succeed('import', away)
    const body = await bodyOf(away, await postPath())
    expect(body).toContain(`${desk.urlOf(away)}/about`)
    expect(readFileSync(dump, 'utf8')).toContain('old_posts')
    await desk.succeed('login-reset', away)
    await desk.succeed('delete', away)
  })
})

/** The post that tests write; its address has this month in it. */
const postPath = (): Promise<string> =>
  pathOf("get_permalink(get_page_by_path('dear', OBJECT, 'post'))")
const notePath = async (): Promise<string> =>
  `/wp-content${(await pathOf("wp_upload_dir()['url']")).replace('/wp-content', '')}/note.txt`

async function pathOf(php: string): Promise<string> {
  return new URL((await desk.php(SITE, `return ${php};`)) as string).pathname
}
