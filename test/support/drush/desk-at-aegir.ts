import type { ImportResult } from '#shared/contract/import.ts'
import type { TaskDetails } from '#shared/contract/task.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ObjectKind } from '#shared/domain/objects.ts'
import type { App } from '../../../main/app.ts'
import type { DeskClient } from '../../../main/shell/dispatch/desk.ts'
import { aDataFolder, openDeskAt, removeFolder, untilEnded } from '../desk.ts'
import { openAegirAccount, type AegirAccount } from './aegir-account.ts'

/** The application with one account of Aegir's. */
export interface DeskAtAegir {
  aegir: AegirAccount
  folder: string
  calls: () => DeskClient
  app: () => App
  /** On an empty data folder. */
  openNew(): Promise<void>
  reopen(): Promise<void>
  importAll(): Promise<ImportResult>
  idOf: (kind: ObjectKind, name: string) => Promise<string>
  /** Queues a task and waits for its end, whatever that is. */
  run: (kind: ObjectKind, name: string, type: string, values?: JsonRecord) => Promise<TaskDetails>
  close: () => Promise<void>
}

/** The caller closes it. */
export async function openDeskAtAegir(user?: string): Promise<DeskAtAegir> {
  const aegir = await openAegirAccount(user)
  let folder = aDataFolder()
  let open = await openDeskAt(folder)
  const calls = (): DeskClient => open.calls
  const idOf = async (kind: ObjectKind, name: string): Promise<string> => {
    const { items } = await calls()[kind].list({ limit: 1000 })
    const found = items.find((one) => one.name === name && one.status !== 'deleted')
    if (found === undefined) throw new Error(`There is no ${kind} ${name}.`)
    return found.id
  }
  return {
    aegir,
    get folder() {
      return folder
    },
    calls,
    app: () => open.app,
    async openNew() {
      await open.app.close()
      removeFolder(folder)
      folder = aDataFolder()
      open = await openDeskAt(folder)
      await calls().backend.trustHostKey(aegir.sshd.hostKey)
    },
    async reopen() {
      await open.app.close()
      open = await openDeskAt(folder)
    },
    importAll: () => calls().inventory.import({ address: aegir.address }),
    idOf,
    async run(objectKind, name, type, values = {}) {
      const objectId = await idOf(objectKind, name)
      const { title: confirmation } = await calls()[objectKind].get({ id: objectId })
      const { id } = await calls().task.add({ objectKind, objectId, type, values, confirmation })
      return untilEnded(calls(), id)
    },
    async close() {
      await open.app.close()
      removeFolder(folder)
      await aegir.close()
    },
  }
}
