import type { CrontabView } from '#shared/contract/crontab.ts'
import type { Id } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'
import type { CrontabWish } from '../crontab/crontabs.ts'
import { giveRecurringWork } from '../inventory/recurring-owner.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

export function crontabCalls({ crontab }: Desk, parts: RpcParts) {
  const { crontabs, store } = parts
  /** Only our own program can plan by itself on a server. */
  const refuseAegir = (backendId: Id | null): void => {
    if (backendId === null || store.get('backend', backendId).dialect === 'native') return
    throw new AppError(
      'task.not-allowed',
      'A server of Aegir’s does not plan for Hosting Desk: its recurring work is done from here.',
    )
  }
  const apply = async (
    { backendId, expected }: { backendId: Id | null; expected: string },
    wish: CrontabWish,
  ): Promise<CrontabView> => {
    if (wish === 'install') refuseAegir(backendId)
    const view = await crontabs.apply(backendId, wish, expected)
    // Only a server whose crontab calls its dispatcher can be the one that plans.
    const owner = wish === 'install' ? 'server' : 'desk'
    if (backendId !== null) await giveRecurringWork(parts.unit, backendId, owner)
    return view
  }
  return {
    crontab: crontab.router({
      print: crontab.print.handler(async ({ input }) => ({
        text: await crontabs.print(input.backendId),
      })),
      show: crontab.show.handler(({ input }) => {
        if (input.wish === 'install') refuseAegir(input.backendId)
        return crontabs.show(input.backendId, input.wish)
      }),
      install: crontab.install.handler(({ input }) => apply(input, 'install')),
      remove: crontab.remove.handler(({ input }) => apply(input, 'remove')),
    }),
  }
}
