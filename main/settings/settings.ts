import type { Json } from '#shared/domain/json.ts'
import {
  SETTINGS,
  type SettingName,
  type SettingsPatch,
  type SettingValue,
  type SettingValues,
} from '#shared/domain/settings.ts'

/** Where settings are kept; app.ts hands in the store's table. */
export interface SettingStorage {
  read(name: string): Json | undefined
  /** All at once; durable when it resolves. */
  write(values: Readonly<Record<string, Json>>): Promise<void>
}

/** Typed settings over a storage of plain values. */
export class Settings {
  readonly #storage: SettingStorage

  constructor(storage: SettingStorage) {
    this.#storage = storage
  }

  /** What was set; its initial value where nothing was, or where what is stored no longer fits. */
  get<Name extends SettingName>(name: Name): SettingValue<Name> {
    const { schema, initial } = SETTINGS[name]
    const stored = schema.safeParse(this.#storage.read(name))
    return (stored.success ? stored.data : initial) as SettingValue<Name>
  }

  all(): SettingValues {
    const names = Object.keys(SETTINGS) as SettingName[]
    return Object.fromEntries(names.map((name) => [name, this.get(name)])) as SettingValues
  }

  /** Sets some and leaves the others. */
  async set(patch: SettingsPatch): Promise<void> {
    const values = Object.entries(patch).map(([name, value]): [string, Json] => [
      name,
      SETTINGS[name as SettingName].schema.parse(value),
    ])
    if (values.length > 0) await this.#storage.write(Object.fromEntries(values))
  }
}
