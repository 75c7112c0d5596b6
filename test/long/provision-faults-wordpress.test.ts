import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../provision/commands/commands.ts'
import type { CodeHarness } from '../support/code-harness.ts'
import { type Chapter, FaultStory } from '../support/fault-story.ts'
import { KINDS_OF_CODE } from '../support/faults.ts'

const DOMAIN = 'blog.test'
const SITE = `www.${DOMAIN}`

let story: FaultStory

beforeAll(async () => {
  // A page of WordPress is never twice the same, and each look at it may write: what is asked is asked of its files.
  story = await FaultStory.open(
    { name: 'hdfwp', slots: 3 },
    { hosts: [`nobody.${DOMAIN}`], databases: databasesOf },
  )
  const { desk } = story
  await desk.verifyPlatform('debian', '/usr/share/wordpress')
  const change = `rm wp-config.php; sed -i "s/^.wp_version = .*/\\$wp_version = '6.1.99';/" wp-includes/version.php`
  await desk.addPlatform('own', '/usr/share/wordpress', change)
  const facts = { context_type: 'site', platform: '@platform_debian', uri: SITE }
  await desk.save(SITE, { ...facts, site_title: 'Blog', client_email: 'ania@blog.test' })
}, 300_000)
afterAll(() => story?.close())

/** All tables with their checksums; of the options all but what WordPress notes of itself at every look. */
function databasesOf(desk: CodeHarness): string[] {
  const options = `SELECT MD5(GROUP_CONCAT(option_name, '=', option_value ORDER BY option_id SEPARATOR '\\n'))
    FROM wp_options WHERE option_name NOT LIKE '%transient%' AND option_name NOT IN ('cron', 'rewrite_rules', 'recently_edited')`
  return desk
    .databases()
    .flatMap((name) => [
      ...desk.checksums(name).filter((line) => !line.includes('wp_options')),
      desk.machine.query(`SET SESSION group_concat_max_len = 10000000; USE ${name}; ${options}`),
    ])
}

/** What a site's code closed is opened before it is packed, and stays so: that is done here. */
async function openAndRename(): Promise<void> {
  await story.desk.succeed('backup', SITE)
  await story.desk.save(SITE, { aliases: [`also.${DOMAIN}`] })
}

function changeSite(): void {
  const { desk } = story
  const slot = story.slotOf(SITE)
  writeFileSync(desk.inHome(`slots/${slot}/${SITE}/content/uploads/note.txt`), 'changed')
  desk.machine.query(`USE ${slot}_main; UPDATE wp_posts SET post_title = 'Changed' WHERE ID = 1`)
}

const STORY: readonly Chapter[] = [
  { name: 'install', context: SITE },
  {
    name: 'verify',
    context: SITE,
    first: openAndRename,
  },
  { name: 'backup', context: SITE },
  {
    name: 'restore',
    context: SITE,
    args: () => story.backups().slice(-1),
    first: changeSite,
    end: 'discarded',
  },
  { name: 'disable', context: SITE },
  { name: 'enable', context: SITE },
  { name: 'clone', context: SITE, args: () => [`@copy.${DOMAIN}`, '@platform_debian'] },
  { name: 'migrate', context: SITE, args: () => ['@platform_own'] },
  { name: 'migrate', context: SITE, args: () => ['@platform_own', `@new.${DOMAIN}`] },
  { name: 'delete', context: `new.${DOMAIN}`, end: 'discarded' },
]

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
    1_800_000,
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
    expect(story.desk.databases()).toHaveLength(1)
    console.log(story.inShort())
  })
})
