import { createOutput } from '../../system/output-file.ts'
import { readPieces } from '../../system/files.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import { type Database, getClient, toError } from './mariadb.ts'
import { OwnDefiners } from './own-definers.ts'

/** Runs a program as the account that a database belongs to. */
export type RunAsOwner = (
  program: {
    argv: readonly [string, ...string[]]
    stdinFile?: string
    onOutput?: (bytes: Buffer) => Promise<void> | void
  },
  signal: AbortSignal,
) => Promise<{ exitCode: number; complaint: string }>

/**
 * Writes a database as SQL into a new file, as one consistent read, by its own account: who may not read a routine's body
 * would get a dump that ends in the middle. On failure there is no file. Returns its size.
 */
export async function dumpDatabase(
  run: RunAsOwner,
  { name, socket }: Database,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const output = await createOutput(file, 0o640)
  const definers = new OwnDefiners()
  try {
    const { exitCode, complaint } = await run(
      {
        argv: [
          await getClient('mariadb-dump'),
          '--no-defaults',
          `--socket=${socket}`,
          '--single-transaction',
          '--quick',
          '--skip-lock-tables',
          '--routines',
          '--triggers',
          '--events',
          '--hex-blob',
          '--default-character-set=utf8mb4',
          name,
        ],
        onOutput: (bytes) => output.write(definers.take(bytes)),
      },
      signal,
    )
    await output.write(definers.rest())
    if (exitCode !== 0) throw dumpFailed(name, exitCode, complaint)
    return await output.close()
  } catch (error) {
    await output.discard()
    throw error
  }
}

function dumpFailed(name: string, exitCode: number, complaint: string): ProvisionError {
  const { code, message } = toError(complaint.replace('Got error: ', 'ERROR '))
  return new ProvisionError(
    code === 'PROVISION_DATABASE_FAILED' ? 'PROVISION_BACKUP_FAILED' : code,
    `The database ${name} could not be dumped (exit code ${exitCode}): ${message}`,
  )
}

/**
 * Runs a dump into an empty database, by its own account: whatever stands in it can reach no other database, and
 * `--sandbox` takes the client's own commands (such as one that starts a shell) away from it.
 */
export async function loadDatabase(
  run: RunAsOwner,
  { name, socket }: Database,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, complaint } = await run(
    {
      argv: [
        await getClient('mariadb'),
        '--no-defaults',
        // An older client does not know it, and then only warns.
        '--loose-sandbox',
        `--socket=${socket}`,
        '--default-character-set=utf8mb4',
        name,
      ],
      stdinFile: file,
    },
    signal,
  )
  if (exitCode === 0) return
  const { code, message } = toError(complaint)
  throw new ProvisionError(
    code === 'PROVISION_DATABASE_FAILED' ? 'PROVISION_DB_IMPORT_FAILED' : code,
    `The dump could not be loaded into ${name} (exit code ${exitCode}): ${message}`,
  )
}

/** Copies a dump that somebody else made to where its new owner can read it; the definers in it become that owner. */
export async function copyDump(from: string, to: string, signal: AbortSignal): Promise<void> {
  const output = await createOutput(to, 0o640)
  const definers = new OwnDefiners()
  try {
    for await (const bytes of readPieces(from, signal)) await output.write(definers.take(bytes))
    await output.write(definers.rest())
    await output.close()
  } catch (error) {
    await output.discard()
    throw error
  }
}
