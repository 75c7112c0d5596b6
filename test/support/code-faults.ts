import { readdirSync, writeFileSync } from 'node:fs'
import { CodeHarness } from './code-harness.ts'
import { aDataFolder, removeFolder } from './desk.ts'
import { backupsIn, type Chapter, type FaultPlace, FaultStory, PLACES } from './fault-story.ts'
import { FAULTS } from './faults.ts'
import { type DatabaseClient, openDatabaseClient } from './mariadb.ts'
import { programWith } from './program-with.ts'
import { orKilled, type Ran } from './provision.ts'
import { findAccount } from './sandbox-account.ts'
import { answersOf, commandLinesOf, databasesOf, filesOf, tablesOf } from './snapshots.ts'

/** A prepared machine with the program that can fail. */
export interface CodePlace extends FaultPlace {
  desk: CodeHarness
  client: DatabaseClient
}

interface CodeStoryOptions {
  /** Of their accounts, which end with a letter for each. */
  name: string
  slots: number
  /** Asked of the web server. */
  hosts: readonly string[]
  /** All that is compared of the databases. */
  databases?: (client: DatabaseClient, account: string) => Promise<string[]>
  /** Makes platforms and contexts. */
  prepare: (desk: CodeHarness) => Promise<unknown>
}

/** Machines on which a story of sites with code is told. */
export class CodeStory extends FaultStory<CodePlace> {
  readonly #folder: string

  private constructor(places: readonly [CodePlace, ...CodePlace[]], folder: string) {
    super(places)
    this.#folder = folder
  }

  /** The caller closes it. */
  static async open({ name, slots, prepare, ...compared }: CodeStoryOptions): Promise<CodeStory> {
    const folder = aDataFolder()
    const programFile = await programWith({ faults: FAULTS }, folder)
    const open = async (letter: string): Promise<CodePlace> => {
      const desk = await CodeHarness.open({ name: `${name}${letter}`, slots, programFile })
      await prepare(desk)
      return toPlace(desk, compared)
    }
    const places: [CodePlace, ...CodePlace[]] = [await open('a')]
    for (const letter of 'bcdefgh'.slice(0, PLACES - 1)) places.push(await open(letter))
    return new CodeStory(places, folder)
  }

  async close(): Promise<void> {
    for (const { client, desk } of this.places) {
      client.close()
      await desk.close()
    }
    removeFolder(this.#folder)
  }
}

function toPlace(
  desk: CodeHarness,
  { hosts, databases = stateOfDatabases }: Pick<CodeStoryOptions, 'hosts' | 'databases'>,
): CodePlace {
  const { account, home, slots, httpPort, mariadb } = desk.machine
  const client = openDatabaseClient(mariadb.socket)
  const known = new Map<string, string>()
  const uids = slots.map((slot) => findAccount(slot)?.uid ?? 0)
  return {
    desk,
    client,
    home,
    machine: {
      pointsFile: desk.inHome('points'),
      isQuick: true,
      run: (argv, request, env) => orKilled(desk.machine.start(argv, request, env)),
      snapshots: {
        files: () => filesOf(home, known),
        databases: () => databases(client, account),
        answers: () => answersOf(httpPort, hosts),
        processes: () => commandLinesOf(uids),
      },
    },
  }
}

/** All databases, and all tables with their checksums. */
const stateOfDatabases = async (client: DatabaseClient, account: string): Promise<string[]> => [
  ...(await databasesOf(client, account)),
  ...(await tablesOf(client, account)),
]

/** How a story calls what it is about. */
export interface CodeNames {
  domain: string
  /** Two platforms of the same application. */
  platforms: readonly [string, string]
  /** A file that the site writes, below its folder, and a change of its database. */
  written: { file: string; sql: string }
}

export const saveSite = (
  { desk }: Pick<CodePlace, 'desk'>,
  uri: string,
  platform: string,
): Promise<Ran> => desk.save(uri, { context_type: 'site', platform: `@platform_${platform}`, uri })

/** The life of a site with code, from its install to its end. */
export function lifeOf({ domain, platforms, written }: CodeNames): Chapter<CodePlace>[] {
  const first = `@platform_${platforms[0]}`
  const second = `@platform_${platforms[1]}`
  const site = `www.${domain}`
  const moved = `new.${domain}`
  return [
    { name: 'install', context: site },
    {
      name: 'verify',
      context: site,
      // What a site's code closed is opened before it is packed, and stays so: that is done here.
      async first({ desk }) {
        await desk.succeed('backup', site)
        await desk.save(site, { aliases: [`also.${domain}`] })
      },
    },
    { name: 'backup', context: site },
    {
      name: 'restore',
      context: site,
      args: ({ home }) => backupsIn(home).slice(-1),
      first({ desk }) {
        const slot = slotOf(desk, site)
        writeFileSync(desk.inHome(`slots/${slot}/${site}/${written.file}`), 'changed')
        desk.machine.query(`USE ${slot}_main; ${written.sql}`)
      },
      end: 'discarded',
    },
    { name: 'disable', context: site },
    { name: 'enable', context: site },
    { name: 'clone', context: site, args: () => [`@copy.${domain}`, first] },
    { name: 'migrate', context: site, args: () => [second] },
    { name: 'migrate', context: site, args: () => [second, `@${moved}`] },
    { name: 'delete', context: moved, end: 'discarded' },
  ]
}

export const slotOf = (desk: CodeHarness, uri: string): string =>
  desk.machine.slots.find((slot) => readdirSync(desk.inHome(`slots/${slot}`)).includes(uri)) ?? ''
