import { readFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import { findOwner } from '../../../store/owner.ts'
import { print } from '../print.ts'

/** The address at which the running headless application lets a browser in once. */
export async function printUrl(call: CommandCall): Promise<number> {
  const owner = await findOwner(call.folder)
  const url = owner?.kind === 'long-lived' ? keptUrl(call.folder) : undefined
  if (url === undefined) {
    throw new AppError(
      'object.not-found',
      'No headless application runs on this data folder. “npm start” starts one.',
    )
  }
  print(call, { url }, () => `${url}\n`)
  return 0
}

function keptUrl(folder: string): string | undefined {
  try {
    return readFileSync(path.join(folder, 'headless.url'), 'utf8').trim()
  } catch {
    return undefined
  }
}
