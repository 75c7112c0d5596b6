import { z } from 'zod'
import { JsonRecord } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'
import { shorten } from '#shared/text.ts'
import type { Connection } from '../../ssh/connection.ts'
import { Masking } from './masking.ts'
import { ENDINGS } from './text-rules.ts'

const MAX_BYTES = 256 * 1024 * 1024
const TIMEOUT_MS = 300_000
/** Names a command line may carry at once. */
const NAMES_A_CALL = 200

/** What `site-alias` says of contexts, and what could not be read. */
export interface ReadRecords {
  records: Map<string, JsonRecord>
  unreadable: { name: string; message: string }[]
}

/**
 * The records of these contexts. One whose file is broken takes all that are asked for with it, so where a call fails its
 * names are asked for in halves, until the broken ones stand alone. Values hold passwords.
 */
export async function readRecords(
  connection: Connection,
  drush: string,
  names: readonly string[],
): Promise<ReadRecords> {
  const read: ReadRecords = { records: new Map(), unreadable: [] }
  for (let at = 0; at < names.length; at += NAMES_A_CALL)
    await readSome(connection, drush, names.slice(at, at + NAMES_A_CALL), read)
  return read
}

async function readSome(
  connection: Connection,
  drush: string,
  names: readonly string[],
  read: ReadRecords,
): Promise<void> {
  if (names.length === 0) return
  const argv = [drush, '@none', 'site-alias', '--format=json', ...names.map((name) => `@${name}`)]
  const { stdout, stderr, exitCode } = await connection.exec(
    { argv },
    { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_BYTES },
  )
  const records = exitCode === 0 ? parseRecords(stdout.toString('utf8')) : undefined
  if (records !== undefined) {
    for (const name of names) {
      const record = records.get(name)
      if (record === undefined) read.unreadable.push({ name, message: NOT_TOLD })
      else read.records.set(name, record)
    }
    return
  }
  const [only] = names
  if (names.length === 1 && only !== undefined) {
    read.unreadable.push({ name: only, message: reasonIn(`${stderr}\n${stdout.toString('utf8')}`) })
    return
  }
  const half = Math.ceil(names.length / 2)
  await readSome(connection, drush, names.slice(0, half), read)
  await readSome(connection, drush, names.slice(half), read)
}

const NOT_TOLD = 'Drush does not say anything of it.'

/** The JSON object in what Drush printed, by names without `@`; a warning of PHP may stand before it. */
function parseRecords(output: string): Map<string, JsonRecord> | undefined {
  const text = output.slice(Math.max(0, output.indexOf('{')))
  try {
    const parsed = z.record(z.string(), z.unknown()).parse(JSON.parse(text))
    return new Map(
      Object.entries(parsed).flatMap(([name, value]) => {
        const record = JsonRecord.safeParse(value)
        return record.success ? [[name.replace(/^@/, ''), record.data] as const] : []
      }),
    )
  } catch {
    return undefined
  }
}

function reasonIn(output: string): string {
  for (const { pattern, message } of ENDINGS) {
    const found = pattern?.exec(output)
    if (found != null) return message(found.slice(1), '')
  }
  const last = output.trim().split('\n').at(-1) ?? ''
  return shorten(new Masking().mask(last), 500) || 'Drush could not read it.'
}

/** One record; throws where it cannot be read. */
export async function getRecord(
  connection: Connection,
  drush: string,
  name: string,
): Promise<JsonRecord> {
  const { records, unreadable } = await readRecords(connection, drush, [name])
  const record = records.get(name)
  if (record !== undefined) return record
  throw new AppError('backend.unknown-context', unreadable[0]?.message ?? NOT_TOLD)
}
