import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import {
  INITIAL_SETTINGS,
  type SettingName,
  type SettingValue,
  type SettingValues,
} from '#shared/domain/settings.ts'
import { rpc } from '../rpc/client.ts'
import { connection } from '../rpc/connection.ts'
import { useLive } from './live.ts'

/** What the person has set of the application, as main keeps it; the initial values until that is known. */
export const useSettings = defineStore('settings', () => {
  const values = shallowRef<SettingValues>(INITIAL_SETTINGS)
  const isKnown = shallowRef(false)
  /** Changes that are on their way; an older answer does not undo them. */
  let waiting = 0

  async function load(): Promise<void> {
    try {
      const stored = await rpc.settings.all()
      if (waiting === 0) values.value = stored
      isKnown.value = true
    } catch {
      // Asked again when the connection is back.
    }
  }

  /** Shows at once; what main refuses is taken back and thrown. */
  async function set<Name extends SettingName>(
    name: Name,
    value: SettingValue<Name>,
  ): Promise<void> {
    const before = values.value
    values.value = { ...before, [name]: value }
    waiting += 1
    try {
      await rpc.settings.set({ [name]: value })
    } catch (error) {
      values.value = before
      throw error
    } finally {
      waiting -= 1
    }
  }

  useLive().onStored((table) => {
    if (table === 'setting' || table === '*') void load()
  })
  watch(connection, (now) => void (now.state === 'open' && load()), { immediate: true })
  return { values, isKnown, set }
})
