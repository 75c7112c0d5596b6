import path from 'node:path'
import { checkStore, exportStore, restoreStore } from '../../../store/maintenance.ts'
import type { CommandCall } from '../command-line.ts'
import { print } from '../print.ts'
import { transferCommand } from './transfer.ts'

const OWNER_WAIT_MS = 10_000

/**
 * `store check | export FILE | restore FILE`, for a data folder that no application has open; and, with a passphrase,
 * `store export FILE | import FILE`, also while one has.
 */
export async function storeCommand(call: CommandCall): Promise<number> {
  const [, action, typed = ''] = call.words
  const { folder, terminal } = call
  const options = { folder, waitMs: OWNER_WAIT_MS, signal: terminal.signal }
  if (action === 'check') return await check(call, options)
  if (action === 'import' || call.passphraseFile !== undefined)
    return await transferCommand(call, action ?? '', typed)
  const file = path.resolve(typed)
  if (action === 'export') {
    await exportStore(options, file)
    print(call, { file }, () => `Everything in the store is now also in ${file}.\n`)
    return 0
  }
  const { keptAs } = await restoreStore({ ...options, now: Date.now }, file)
  print(call, { file, keptAs: keptAs ?? null }, () =>
    keptAs === undefined
      ? `The store is now what ${file} holds.\n`
      : `The store is now what ${file} holds. What it was before is kept as ${keptAs}.\n`,
  )
  return 0
}

async function check(
  call: CommandCall,
  options: Parameters<typeof checkStore>[0],
): Promise<number> {
  const found = await checkStore(options)
  const rows = Object.values(found.rows).reduce((sum, count) => sum + count, 0)
  print(call, found, () =>
    found.problems.length === 0
      ? `All is well: ${rows} rows.\n`
      : found.problems.map((problem) => `${problem}\n`).join(''),
  )
  return found.problems.length === 0 ? 0 : 1
}
