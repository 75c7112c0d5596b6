import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CodePlace, CodeStory, lifeOf, saveSite, slotOf } from '../support/code-faults.ts'
import { backupsIn, type Chapter } from '../support/fault-story.ts'
import { KINDS_OF_CODE } from '../support/faults.ts'

const DOMAIN = 'shop.test'
const COPY = `copy.${DOMAIN}`
const AGAIN = `again.${DOMAIN}`
const AWAY = `away.${DOMAIN}`
/** What the site's own code does is not taken back. */
const OWN_WORK = ['databases', 'answers']

let story: CodeStory

beforeAll(async () => {
  story = await CodeStory.open({
    name: 'hdfault',
    slots: 3,
    hosts: ['www', 'also', 'copy', 'new', 'again', 'away'].map((name) => `${name}.${DOMAIN}`),
    async prepare(desk) {
      await desk.addPlatform('one')
      await desk.addPlatform('two', undefined, 'echo 2 > version.txt')
      await saveSite({ desk }, `www.${DOMAIN}`, 'one')
    },
  })
}, 180_000)
afterAll(() => story?.close(), 120_000)

/** Code that nobody but its account can read. */
async function bringClosedCode({ desk }: CodePlace): Promise<void> {
  const script = 'cp -a "$1/one" "$1/three"; chmod -R go-rwx "$1/three"'
  execFileSync('sh', ['-ec', script, 'sh', desk.inHome('platforms')])
  await desk.save('platform_three', {
    context_type: 'platform',
    server: '@server_a',
    root: '~/platforms/three',
  })
}

/** A site that was made elsewhere: its files and a dump. */
async function bringAway(place: CodePlace): Promise<void> {
  const { desk } = place
  const { account, mariadb } = desk.machine
  const script = `
    mkdir -p "$1/files"; echo hello > "$1/files/hello.txt"
    mariadb-dump --no-defaults --socket="$2" "$3_main" > "$1/dump.sql"; chown -R "$4:$4" "$1"`
  const folder = desk.inHome(`sites/${AWAY}`)
  execFileSync('sh', ['-ec', script, 'sh', folder, mariadb.socket, slotOf(desk, AGAIN), account])
  await saveSite(place, AWAY, 'one')
}

const STORY: readonly Chapter<CodePlace>[] = [
  ...lifeOf({
    domain: DOMAIN,
    platforms: ['one', 'two'],
    written: { file: 'files/made.txt', sql: `UPDATE pages SET title = 'Changed'` },
  }),
  { name: 'verify', context: 'platform_three', first: bringClosedCode },
  { name: 'cron', context: COPY, ignores: OWN_WORK },
  { name: 'login-reset', context: COPY, ignores: OWN_WORK },
  {
    name: 'import',
    context: AGAIN,
    args: ({ home }) => backupsIn(home).slice(0, 1),
    first: (place) => saveSite(place, AGAIN, 'one'),
  },
  { name: 'import', context: AWAY, first: bringAway },
  {
    name: 'backup-delete',
    context: `new.${DOMAIN}`,
    args: ({ home }) => backupsIn(home).slice(0, 1),
  },
  { name: 'delete', context: COPY },
]

describe('where any step of a site with code fails, or the program is killed, all is as it was', () => {
  test.each(STORY.map((one) => [`${one.name} @${one.context}`, one] as const))(
    '%s',
    (_title, chapter) => story.tell(chapter),
    300_000,
  )

  test('every kind of step that only they have', () => {
    expect(KINDS_OF_CODE.filter((kind) => !story.kinds.has(kind))).toEqual([])
    console.log(story.inShort())
  })
})
