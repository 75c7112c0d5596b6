import type { CrontabView } from '#shared/contract/crontab.ts'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import { openDesk, type OpenDesk } from '../desk.ts'
import { print } from '../print.ts'
import { allRows } from './objects.ts'

/** `crontab print | install | remove [BACKEND]`: on this computer, or on a backend's account. */
export async function crontabCommand(call: CommandCall): Promise<number> {
  const [, action, name] = call.words
  await using desk = await openDesk(call.folder)
  const backendId = name === undefined ? null : await findBackend(desk, name)
  if (action === 'print') {
    const answer = await desk.calls.crontab.print({ backendId })
    print(call, answer, () => answer.text)
    return 0
  }
  const wish = action === 'install' ? 'install' : 'remove'
  const { before } = await desk.calls.crontab.show({ backendId, wish })
  const view = await desk.calls.crontab[wish]({ backendId, expected: before })
  print(call, view, () => toText(view))
  return 0
}

async function findBackend(desk: OpenDesk, name: string): Promise<string> {
  const found = (await allRows(desk, 'backend')).filter((one) => [one.id, one.title].includes(name))
  if (found[0] !== undefined && found.length === 1) return found[0].id
  throw new AppError(
    'object.not-found',
    found.length === 0
      ? `There is no backend called “${name}”.`
      : `Several backends are called “${name}”: name one by its id (“backend list --json”).`,
  )
}

/** What changed, as diff shows it. */
function toText({ difference }: CrontabView): string {
  const changes = difference.filter(({ change }) => change !== 'same')
  if (changes.length === 0) return 'The crontab was so already.\n'
  return changes.map(({ change, line }) => `${change === 'added' ? '+' : '-'} ${line}\n`).join('')
}
