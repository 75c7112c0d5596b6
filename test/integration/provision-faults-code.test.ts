import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { aDataFolder, removeFolder } from '../support/desk.ts'
import {
  failEverywhere,
  type FaultCase,
  type FaultMachine,
  type FaultRow,
  FAULTS,
  KINDS_OF_CODE,
} from '../support/faults.ts'
import { programWith } from '../support/program-with.ts'
import { orKilled } from '../support/provision.ts'
import { answersOf, filesOf } from '../support/snapshots.ts'

const SITE = 'www.shop.test'
const HOSTS = [SITE, ...['also', 'copy', 'new', 'again', 'away'].map((name) => `${name}.shop.test`)]
/** What the site's own code does is not taken back. */
const OWN_WORK = ['databases', 'answers']

let folder: string
let desk: CodeHarness
let machine: FaultMachine
const rows: FaultRow[] = []

beforeAll(async () => {
  folder = aDataFolder()
  const programFile = await programWith({ faults: FAULTS }, folder)
  desk = await CodeHarness.open({ name: 'hdfault', slots: 4, programFile })
  await desk.addPlatform('one')
  await desk.addPlatform('two', undefined, 'echo 2 > version.txt')
  await desk.save(SITE, { context_type: 'site', platform: '@platform_one', uri: SITE })
  const { home, slots, httpPort } = desk.machine
  machine = {
    pointsFile: desk.inHome('points'),
    isQuick: true,
    run: (argv, request, env) => orKilled(desk.machine.start(argv, request, env)),
    snapshots: {
      files: () => filesOf(home),
      databases: () => desk.databaseState(),
      answers: () => answersOf(httpPort, HOSTS),
      // A worker of PHP that is just ending shows its name in brackets.
      processes: () =>
        slots.flatMap((slot) => desk.processesOf(slot)).filter((name) => !name.startsWith('[')),
    },
  }
}, 180_000)

afterAll(async () => {
  await desk?.close()
  removeFolder(folder)
})

const backups = (): string[] =>
  readdirSync(desk.inHome('backups'))
    .sort()
    .map((name) => desk.inHome(`backups/${name}`))

const slotOf = (uri: string): string =>
  desk.machine.slots.find((slot) => readdirSync(desk.inHome(`slots/${slot}`)).includes(uri)) ?? ''

function changeSite(): void {
  writeFileSync(path.join(desk.inHome('slots'), slotOf(SITE), SITE, 'files/made.txt'), 'changed')
  desk.machine.query(`USE ${slotOf(SITE)}_main; UPDATE pages SET title = 'Changed'`)
}

/** A site that was made elsewhere: its files and a dump. */
async function bringAway(): Promise<void> {
  const { account, mariadb } = desk.machine
  const from = slotOf('again.shop.test')
  const script = `
    mkdir -p "$1/files"; echo hello > "$1/files/hello.txt"
    mariadb-dump --no-defaults --socket="$2" "$3_main" > "$1/dump.sql"; chown -R "$4:$4" "$1"`
  const folder = desk.inHome('sites/away.shop.test')
  execFileSync('sh', ['-ec', script, 'sh', folder, mariadb.socket, from, account])
  await desk.save('away.shop.test', {
    context_type: 'site',
    platform: '@platform_one',
    uri: 'away.shop.test',
  })
}

interface Chapter extends Omit<FaultCase, 'argv' | 'command'> {
  name: string
  context?: string
  args?: () => readonly string[]
  first?: () => unknown
}

/** The life of a plain PHP site with its database and its slot; each command fails everywhere before it is done. */
const STORY: readonly Chapter[] = [
  { name: 'install' },
  { name: 'verify', first: () => desk.save(SITE, { aliases: ['also.shop.test'] }) },
  { name: 'cron', ignores: OWN_WORK },
  { name: 'login-reset', ignores: OWN_WORK },
  { name: 'backup' },
  { name: 'restore', args: () => backups().slice(-1), first: changeSite, end: 'discarded' },
  { name: 'disable' },
  { name: 'enable' },
  { name: 'clone', args: () => ['@copy.shop.test', '@platform_one'] },
  { name: 'migrate', args: () => ['@platform_two'] },
  { name: 'migrate', args: () => ['@platform_two', '@new.shop.test'] },
  {
    name: 'import',
    context: 'again.shop.test',
    args: () => backups().slice(0, 1),
    first: () =>
      desk.save('again.shop.test', {
        context_type: 'site',
        platform: '@platform_one',
        uri: 'again.shop.test',
      }),
  },
  { name: 'import', context: 'away.shop.test', first: bringAway },
  { name: 'backup-delete', context: 'new.shop.test', args: () => backups().slice(0, 1) },
  { name: 'delete', context: 'new.shop.test', end: 'discarded' },
  { name: 'delete', context: 'copy.shop.test' },
]

describe('where any step of a site with code fails, or the program is killed, all is as it was', () => {
  test.each(STORY.map((one) => [`${one.name} @${one.context ?? SITE}`, one] as const))(
    '%s',
    async (_title, { name, context = SITE, args, first, ...rest }) => {
      await first?.()
      const argv = [`provision-${name}`, `@${context}`, ...(args?.() ?? [])]
      rows.push(...(await failEverywhere(machine, { ...rest, command: `site ${name}`, argv })))
      // What was killed after its commit was finished.
      expect(desk.leftovers()).toEqual([])
    },
    900_000,
  )

  test('every kind of step that only they have', () => {
    const failed = new Set(rows.map(({ kind }) => kind))
    expect(KINDS_OF_CODE.filter((kind) => !failed.has(kind))).toEqual([])
    console.log(
      `${rows.length} faults in ${new Set(rows.map(({ command }) => command)).size} commands and ${failed.size} kinds of step`,
    )
  })
})
