import { AppError } from '#shared/errors.ts'
import { parseDuration, type CommandCall } from '../command-line.ts'
import { openDesk } from '../desk.ts'
import { print } from '../print.ts'
import { findObject } from './task-wish.ts'

/** `backup schedule SITE EVERY | off`. */
export async function backupCommand(call: CommandCall): Promise<number> {
  const [, , name = '', every = ''] = call.words
  const everySeconds = every === 'off' ? null : Math.floor(parseDuration(every) / 1000)
  if (everySeconds !== null && everySeconds < 60)
    throw new AppError('input.invalid', `${every}: a minute (1m) is the least.`)
  await using desk = await openDesk(call.folder)
  const { id } = await findObject(desk, `site:${name.replace(/^site:/, '')}`)
  const site = await desk.calls.backup.schedule({ siteId: id, everySeconds })
  print(call, site, () =>
    everySeconds === null
      ? `${site.name} is no longer backed up by itself.\n`
      : `${site.name} is backed up every ${every}.\n`,
  )
  return 0
}
