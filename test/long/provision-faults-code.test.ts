import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Chapter, FaultStory } from '../support/fault-story.ts'
import { KINDS_OF_CODE } from '../support/faults.ts'

const DOMAIN = 'shop.test'
const SITE = `www.${DOMAIN}`
const NAMES = ['www', 'also', 'copy', 'new', 'again', 'away']
/** What the site's own code does is not taken back. */
const OWN_WORK = ['databases', 'answers']

let story: FaultStory

beforeAll(async () => {
  const hosts = NAMES.map((name) => `${name}.${DOMAIN}`)
  story = await FaultStory.open({ name: 'hdfault', slots: 4 }, { hosts })
  await story.desk.addPlatform('one')
  await story.desk.addPlatform('two', undefined, 'echo 2 > version.txt')
  await saveSite(SITE)
}, 180_000)
afterAll(() => story?.close())

const saveSite = (uri: string) =>
  story.desk.save(uri, { context_type: 'site', platform: '@platform_one', uri })

/** What a site's code closed is opened before it is packed, and stays so: that is done here. */
async function openAndRename(): Promise<void> {
  await story.desk.succeed('backup', SITE)
  await story.desk.save(SITE, { aliases: [`also.${DOMAIN}`] })
}

function changeSite(): void {
  const { desk } = story
  const slot = story.slotOf(SITE)
  writeFileSync(desk.inHome(`slots/${slot}/${SITE}/files/made.txt`), 'changed')
  desk.machine.query(`USE ${slot}_main; UPDATE pages SET title = 'Changed'`)
}

/** Code that nobody but its account can read. */
async function bringClosedCode(): Promise<void> {
  const { desk } = story
  const script = 'cp -a "$1/one" "$1/three"; chmod -R go-rwx "$1/three"'
  execFileSync('sh', ['-ec', script, 'sh', desk.inHome('platforms')])
  await desk.save('platform_three', {
    context_type: 'platform',
    server: '@server_a',
    root: '~/platforms/three',
  })
}

/** A site that was made elsewhere: its files and a dump. */
async function bringAway(): Promise<void> {
  const { account, mariadb } = story.desk.machine
  const uri = `away.${DOMAIN}`
  const script = `
    mkdir -p "$1/files"; echo hello > "$1/files/hello.txt"
    mariadb-dump --no-defaults --socket="$2" "$3_main" > "$1/dump.sql"; chown -R "$4:$4" "$1"`
  const folder = story.desk.inHome(`sites/${uri}`)
  const from = story.slotOf(`again.${DOMAIN}`)
  execFileSync('sh', ['-ec', script, 'sh', folder, mariadb.socket, from, account])
  await saveSite(uri)
}

const STORY: readonly Chapter[] = [
  { name: 'install', context: SITE },
  {
    name: 'verify',
    context: SITE,
    first: openAndRename,
  },
  { name: 'verify', context: 'platform_three', first: bringClosedCode },
  { name: 'cron', context: SITE, ignores: OWN_WORK },
  { name: 'login-reset', context: SITE, ignores: OWN_WORK },
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
  { name: 'clone', context: SITE, args: () => [`@copy.${DOMAIN}`, '@platform_one'] },
  { name: 'migrate', context: SITE, args: () => ['@platform_two'] },
  { name: 'migrate', context: SITE, args: () => ['@platform_two', `@new.${DOMAIN}`] },
  {
    name: 'import',
    context: `again.${DOMAIN}`,
    args: () => story.backups().slice(0, 1),
    first: () => saveSite(`again.${DOMAIN}`),
  },
  { name: 'import', context: `away.${DOMAIN}`, first: bringAway },
  { name: 'backup-delete', context: `new.${DOMAIN}`, args: () => story.backups().slice(0, 1) },
  { name: 'delete', context: `new.${DOMAIN}`, end: 'discarded' },
  { name: 'delete', context: `copy.${DOMAIN}` },
]

describe('where any step of a site with code fails, or the program is killed, all is as it was', () => {
  test.each(STORY.map((one) => [`${one.name} @${one.context}`, one] as const))(
    '%s',
    (_title, chapter) => story.tell(chapter),
    900_000,
  )

  test('every kind of step that only they have', () => {
    expect(KINDS_OF_CODE.filter((kind) => !story.kinds.has(kind))).toEqual([])
    console.log(story.inShort())
  })
})
