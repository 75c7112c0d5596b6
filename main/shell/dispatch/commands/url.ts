import { readFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import { print } from '../print.ts'

/** The address at which the running headless application lets a browser in once. */
export function printUrl(call: CommandCall): number {
  let url: string
  try {
    url = readFileSync(path.join(call.folder, 'headless.url'), 'utf8').trim()
  } catch {
    throw new AppError(
      'object.not-found',
      'No headless application runs on this data folder. “npm start” starts one.',
    )
  }
  print(call, { url }, () => `${url}\n`)
  return 0
}
