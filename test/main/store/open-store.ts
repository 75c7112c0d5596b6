import { onTestFinished } from 'vitest'
import type { StoreOptions } from '../../../main/store/store.ts'
import { ChangeSet, Store } from '../../../main/store/store.ts'

/** A store that is closed with its test, where the test has not done so itself. */
export async function openStore(
  folder: string,
  options: Omit<StoreOptions, 'folder' | 'now'> = {},
): Promise<Store> {
  const store = await Store.open({ folder, now: () => 1_700_000_000_000, ...options })
  onTestFinished(() => store.close())
  return store
}

export const putSetting = (name: string, value: string | number): ChangeSet =>
  new ChangeSet().put('setting', { name, value })

/** Names and values of all settings: the state of a store that a test knows. */
export const settingsOf = (store: Store): Record<string, unknown> =>
  Object.fromEntries(
    store.select('setting', 'ORDER BY name').map(({ name, value }) => [name, value]),
  )
