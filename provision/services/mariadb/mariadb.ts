import { findProgram, runProgram } from '../../system/process.ts'
import { asCode, ProvisionError } from '../../system/provision-error.ts'

/** A database of a site: who logs in to it is its slot's account, known by the socket, without a password. */
export interface Database {
  name: string
  user: string
  socket: string
}

/** The name of a slot, `_`, and what tells its databases apart: what the grants of the bootstrap script allow. */
const NAME = /^[a-z][a-z0-9]{1,18}_[a-z0-9]{1,20}$/

/**
 * The MariaDB of this machine, as this account may use it: it makes and drops databases whose names begin with those of
 * its slots, and can make no accounts. Asked through the client's program, over the socket.
 */
export class MariaDb {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  async version(signal: AbortSignal): Promise<string> {
    return (await this.#query('SELECT VERSION()', signal)).trim()
  }

  /** Where it has its data on this machine. */
  async dataFolder(signal: AbortSignal): Promise<string> {
    return (await this.#query('SELECT @@datadir', signal)).trim()
  }

  /** What this account may do, as the server says it. */
  async grants(signal: AbortSignal): Promise<string[]> {
    const text = await this.#query('SHOW GRANTS', signal)
    // The client writes a backslash as two.
    return text.trim().replaceAll('\\\\', '\\').split('\n')
  }

  /** The databases of one slot. */
  async namesOf(slot: string, signal: AbortSignal): Promise<string[]> {
    const text = await this.#query('SHOW DATABASES', signal)
    return text
      .split('\n')
      .map(asWritten)
      .filter((name) => name.startsWith(`${slot}_`))
  }

  async has(name: string, signal: AbortSignal): Promise<boolean> {
    const text = await this.#query(
      `SHOW DATABASES LIKE '${checked(name).replace(/_/g, '\\_')}'`,
      signal,
    )
    return text.trim() === name
  }

  /** A name for one more database of a slot. */
  async freeName(slot: string, signal: AbortSignal): Promise<string> {
    const taken = new Set(await this.namesOf(slot, signal))
    for (let number = 1; ; number++) {
      const name = number === 1 ? `${slot}_main` : `${slot}_main${number}`
      if (!taken.has(name)) return name
    }
  }

  /** Throws PROVISION_DATABASE_TAKEN where there is one of this name, else PROVISION_CREATE_DB_FAILED. */
  async create(name: string, signal: AbortSignal): Promise<void> {
    const sql = `CREATE DATABASE ${quoted(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`
    await asCode('PROVISION_CREATE_DB_FAILED', REFUSALS, () => this.#query(sql, signal))
  }

  /** Missing is fine. Throws PROVISION_DROP_DB_FAILED. */
  async drop(name: string, signal: AbortSignal = NEVER): Promise<void> {
    const sql = `DROP DATABASE IF EXISTS ${quoted(name)}`
    await asCode('PROVISION_DROP_DB_FAILED', REFUSALS, () => this.#query(sql, signal))
  }

  /** Drops every database of a slot, whatever name the site's code gave it. */
  async dropAllOf(slot: string, signal: AbortSignal): Promise<void> {
    for (const name of await this.namesOf(slot, signal)) {
      const sql = `DROP DATABASE IF EXISTS \`${name.replaceAll('`', '``')}\``
      await asCode('PROVISION_DROP_DB_FAILED', REFUSALS, () => this.#query(sql, signal))
    }
  }

  /**
   * Has InnoDB count its pages now: else a database that was just loaded has the size of before for some seconds. Looks at
   * a few pages of each table, waits for none that is locked, and may fail.
   */
  async countPages(name: string, signal: AbortSignal): Promise<void> {
    const tables = `SELECT GROUP_CONCAT('\`', REPLACE(table_name, '\`', '\`\`'), '\`') FROM information_schema.tables WHERE table_schema = '${checked(name)}' AND engine = 'InnoDB'`
    await this.#query(
      `USE ${quoted(name)}; SET lock_wait_timeout = 1, max_statement_time = 10; SET @tables = (${tables}); EXECUTE IMMEDIATE COALESCE(CONCAT('ANALYZE NO_WRITE_TO_BINLOG TABLE ', @tables), 'DO 0')`,
      signal,
    )
  }

  /** Bytes of its rows, roughly what a dump of it has. */
  async sizeOf(name: string, signal: AbortSignal): Promise<number> {
    const text = await this.#query(
      `SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema = '${checked(name)}'`,
      signal,
    )
    return Number(text.trim())
  }

  async #query(sql: string, signal: AbortSignal): Promise<string> {
    const program = await getClient('mariadb')
    const argv = ['--no-defaults', `--socket=${this.#socket}`, '--batch', '--skip-column-names']
    const { exitCode, output } = await runProgram([program, ...argv, `--execute=${sql}`], {
      signal,
    })
    if (exitCode !== 0) throw toError(output.trim())
    return output
  }
}

/** That the server answers, and says no. */
const REFUSALS = ['PROVISION_DATABASE_FAILED', 'PROVISION_DATABASE_REFUSED'] as const

/** What takes back is not cancelled. */
const NEVER = new AbortController().signal

export async function getClient(name: 'mariadb' | 'mariadb-dump'): Promise<string> {
  const program = await findProgram(name)
  if (program !== undefined) return program
  throw new ProvisionError(
    'PROVISION_NO_MARIADB',
    `There is no program “${name}” on this server: install MariaDB, for example by the bootstrap script.`,
  )
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0' }

/** A text as it is: the client writes these characters with a backslash. */
const asWritten = (text: string): string =>
  text.replace(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter)

/** Names come out of contexts, and stand in SQL between backticks. */
function checked(name: string): string {
  if (NAME.test(name)) return name
  throw new ProvisionError(
    'PROVISION_BAD_OPTION',
    `${JSON.stringify(name.slice(0, 100))} is no name of a site's database.`,
  )
}

const quoted = (name: string): string => `\`${checked(name)}\``

/** Of a dump that does not load the client shows the statement, too: those are data of a site. */
const withoutStatement = (complaint: string): string =>
  complaint.match(/^ERROR \d+[^\n]*/gm)?.at(-1) ?? complaint.slice(-1000)

/** By the numbers of MariaDB's errors, which do not change. */
export function toError(complaint: string): ProvisionError {
  const said = withoutStatement(complaint)
  const number = Number(/ERROR (\d+)/.exec(said)?.[1])
  switch (number) {
    case 2002:
    case 2003:
      return new ProvisionError(
        'PROVISION_DB_CONNECT_FAIL',
        `MariaDB does not answer. As root: systemctl start mariadb; then do this again. It was: ${said}`,
      )
    case 1007:
      return new ProvisionError(
        'PROVISION_DATABASE_TAKEN',
        `This database is there already: ${said}`,
      )
    case 1045:
    case 1698:
      return new ProvisionError(
        'PROVISION_DB_CONNECT_FAIL',
        `MariaDB does not let this account in: run the bootstrap script of this server again. It was: ${said}`,
      )
    case 1044:
      return new ProvisionError(
        'PROVISION_DATABASE_REFUSED',
        `MariaDB does not let this account do it: run the bootstrap script of this server again. It was: ${said}`,
      )
    case 1021:
    case 1114:
      return new ProvisionError('PROVISION_NO_SPACE', `MariaDB has no room left: ${said}`)
    default:
      return new ProvisionError('PROVISION_DATABASE_FAILED', `MariaDB refuses: ${said}`)
  }
}
