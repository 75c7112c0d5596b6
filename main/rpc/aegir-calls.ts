import type { AegirAccount } from '#shared/contract/aegir.ts'
import type { Id } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'
import { forgetAccount } from '../inventory/removal.ts'
import { ChangeSet, type Store } from '../store/store.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

const settingOf = (backendId: Id): string => `aegir.control-file.${backendId}`

/** Whether the operator lets us put BOA's control file on a backend. */
export const mayUseControlFile = (store: Store, backendId: Id): boolean =>
  store.find('setting', settingOf(backendId))?.value === true

/** What is asked of accounts of Aegir's beside their contexts. */
export function aegirCalls({ aegir }: Desk, { store, aegirAccounts }: RpcParts) {
  const look = (backendId: Id): Promise<AegirAccount> => {
    const { dialect, title } = store.get('backend', backendId)
    if (dialect === 'aegir') return aegirAccounts.look(backendId)
    throw new AppError('task.not-allowed', `${title} is no server of Aegir’s.`)
  }
  /** While its own frontend dispatches, the recurring work is that one's, and ours keeps off. */
  const giveRecurringWork = async (backendId: Id): Promise<AegirAccount> => {
    const account = await look(backendId)
    const { crontabLines, daemons } = account.frontend
    const recurringOwner = crontabLines.length + daemons.length > 0 ? 'server' : 'desk'
    const backend = store.get('backend', backendId)
    if (backend.recurringOwner !== recurringOwner)
      await store.commit(new ChangeSet().put('backend', { ...backend, recurringOwner }))
    return account
  }
  return {
    aegir: aegir.router({
      account: aegir.account.handler(({ input }) => look(input.backendId)),
      pauseFrontend: aegir.pauseFrontend.handler(async ({ input: { backendId } }) => {
        await look(backendId)
        await aegirAccounts.pauseFrontend(backendId)
        return giveRecurringWork(backendId)
      }),
      putBackFrontend: aegir.putBackFrontend.handler(async ({ input: { backendId } }) => {
        await look(backendId)
        await aegirAccounts.putBackFrontend(backendId)
        return giveRecurringWork(backendId)
      }),
      forgetAccount: aegir.forgetAccount.handler(async ({ input: { backendId } }) => {
        await forgetAccount(store, backendId)
        return {}
      }),
      allowControlFile: aegir.allowControlFile.handler(
        async ({ input: { backendId, isAllowed } }) => {
          store.get('backend', backendId)
          await store.commit(
            new ChangeSet().put('setting', { name: settingOf(backendId), value: isAllowed }),
          )
          return look(backendId)
        },
      ),
    }),
  }
}
