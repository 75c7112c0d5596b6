import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../provision/commands/commands.ts'
import type { CodeHarness } from '../support/code-harness.ts'
import { CodeStory, lifeOf } from '../support/code-faults.ts'
import { KINDS_OF_CODE } from '../support/faults.ts'
import type { DatabaseClient } from '../support/mariadb.ts'
import { databasesOf, tablesOf } from '../support/snapshots.ts'

const DOMAIN = 'blog.test'
const SITE = `www.${DOMAIN}`

let story: CodeStory

beforeAll(async () => {
  // A page of WordPress is never twice the same, and each look at it may write: what is asked is asked of its files.
  story = await CodeStory.open({
    name: 'hdfwp',
    slots: 2,
    hosts: [`nobody.${DOMAIN}`],
    databases: stateOf,
    prepare,
  })
}, 300_000)
afterAll(() => story?.close(), 120_000)

async function prepare(desk: CodeHarness): Promise<void> {
  await desk.verifyPlatform('debian', '/usr/share/wordpress')
  const change = `rm wp-config.php; sed -i "s/^.wp_version = .*/\\$wp_version = '6.1.99';/" wp-includes/version.php`
  await desk.addPlatform('own', '/usr/share/wordpress', change)
  const facts = { context_type: 'site', platform: '@platform_debian', uri: SITE }
  await desk.save(SITE, { ...facts, site_title: 'Blog', client_email: 'ania@blog.test' })
}

/** All tables with their checksums; of the options all but what WordPress notes of itself at every look. */
async function stateOf(client: DatabaseClient, account: string): Promise<string[]> {
  const names = await databasesOf(client, account)
  const state = [...names, ...(await tablesOf(client, account, ['wp_options']))]
  const itsOwn = `option_name LIKE '%transient%' OR option_name IN ('cron', 'rewrite_rules', 'recently_edited')`
  for (const name of names) {
    // A database has no tables yet, or not all of them.
    const [table] = await client.query(`SHOW TABLES FROM ${name} LIKE 'wp_options'`)
    const options = `SELECT option_name, MD5(option_value) FROM ${name}.wp_options WHERE NOT (${itsOwn}) ORDER BY option_id`
    if (table !== undefined) state.push(...(await client.query(options)))
  }
  return state
}

const STORY = lifeOf({
  domain: DOMAIN,
  platforms: ['debian', 'own'],
  written: {
    file: 'content/uploads/note.txt',
    sql: `UPDATE wp_posts SET post_title = 'Changed' WHERE ID = 1`,
  },
})

/** Fail with plain PHP (provision-faults-code.test.ts): their steps are the same for all sites with code. */
const ELSEWHERE = {
  commands: ['import', 'cron', 'login-reset'],
  /** Of an import, and of the verify of a platform. */
  kinds: ['settle-foreign', 'open-tree'],
}

describe('where any step of a WordPress fails, or the program is killed, all is as it was', () => {
  test.each(STORY.map((one) => [`${one.name} @${one.context}`, one] as const))(
    '%s',
    (_title, chapter) => story.tell(chapter),
    900_000,
  )

  test('every command of a site, and every kind of step that only sites with code have', () => {
    const commands = Object.entries(COMMANDS.site)
      .filter(([name, { isReading = false }]) => !isReading && !ELSEWHERE.commands.includes(name))
      .map(([name]) => `site ${name}`)
    expect(commands.filter((command) => !story.commands.has(command))).toEqual([])
    const kinds = KINDS_OF_CODE.filter((kind) => !ELSEWHERE.kinds.includes(kind))
    expect(kinds.filter((kind) => !story.kinds.has(kind))).toEqual([])
  })

  test('and nothing is left of it but backups and the copy', () => {
    for (const { desk } of story.places) expect(desk.databases()).toHaveLength(1)
    console.log(story.inShort())
  })
})
