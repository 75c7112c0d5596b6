import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import { openDesk } from '../desk.ts'
import { print } from '../print.ts'

const CHUNK_BYTES = 1024 * 1024

/** `store export FILE --passphrase-file FILE` and `store import FILE --passphrase-file FILE [--force]`. */
export async function transferCommand(
  call: CommandCall,
  action: string,
  typed: string,
): Promise<number> {
  const file = path.resolve(typed)
  const passphrase = readPassphrase(call)
  if (action === 'export') return await exportTo(call, file, passphrase)
  if (action === 'import') return await importFrom(call, file, passphrase)
  throw new AppError('input.invalid', 'A sealed file is put in place by “store import”.')
}

async function exportTo(call: CommandCall, file: string, passphrase: string): Promise<number> {
  await using desk = await openDesk(call.folder)
  const pieces: Buffer[] = []
  let left = 0
  for await (const { base64, secretsLeft } of await desk.calls.data.export({ passphrase })) {
    pieces.push(Buffer.from(base64, 'base64'))
    left = secretsLeft
  }
  await writeNew(file, Buffer.concat(pieces))
  print(call, { file, secretsLeft: left }, () =>
    left === 0
      ? `Everything is now also in ${file}, sealed.\n`
      : `Everything is now also in ${file}, sealed; but for ${left} passwords, which only the desktop application can read.\n`,
  )
  return 0
}

async function importFrom(call: CommandCall, file: string, passphrase: string): Promise<number> {
  const bytes = await readOrRefuse(file)
  await using desk = await openDesk(call.folder)
  let id: string | null = null
  for (let at = 0; at < bytes.length || id === null; at += CHUNK_BYTES) {
    const base64 = bytes.toString('base64', at, at + CHUNK_BYTES)
    id = (await desk.calls.data.upload({ id, base64 })).id
  }
  const outcome = await desk.calls.data.import({ id, passphrase, isReplacing: call.isForced })
  const { servers, sites, tasks, secretsLeft, keptAs } = outcome
  print(call, outcome, () =>
    [
      `${servers} servers, ${sites} sites and ${tasks} tasks are here now.`,
      secretsLeft > 0 ? `${secretsLeft} passwords are asked for when they are needed.` : '',
      keptAs === null ? '' : `What was here before is kept as ${keptAs}.`,
      '',
    ]
      .filter((line, at, all) => line !== '' || at === all.length - 1)
      .join('\n'),
  )
  return 0
}

/** Its first line; never an argument, which others could read. */
function readPassphrase({ passphraseFile }: CommandCall): string {
  if (passphraseFile === undefined)
    throw new AppError(
      'input.invalid',
      'Name the file that holds the passphrase: --passphrase-file FILE.',
    )
  try {
    const [line = ''] = readFileSync(path.resolve(passphraseFile), 'utf8').split(/\r?\n/)
    return line
  } catch (cause) {
    throw new AppError('input.invalid', `${passphraseFile} cannot be read.`, { cause })
  }
}

async function readOrRefuse(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new AppError('input.invalid', `${file} cannot be read.`, { cause })
  }
}

/** What is there already may be the only copy of something: it is not written over. */
async function writeNew(file: string, bytes: Buffer): Promise<void> {
  try {
    await writeFile(file, bytes, { mode: 0o600, flag: 'wx', flush: true })
  } catch (cause) {
    throw new AppError('store.write-failed', `${file} could not be written.`, { cause })
  }
}
