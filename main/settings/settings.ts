import { z } from 'zod'
import type { Json } from '#shared/domain/json.ts'

/** Where settings are kept; app.ts hands in the store's table. */
export interface SettingStorage {
  read(name: string): Json | undefined
  /** Durable when it resolves. */
  write(name: string, value: Json): Promise<void>
}

const define = <Schema extends z.ZodType<Json>>(schema: Schema, initial: z.output<Schema>) => ({
  schema,
  initial,
})

/** Every setting, with what it is before anyone has set it. */
export const SETTINGS = {
  /** No task is started, whatever its queue says. */
  'dispatch.isPaused': define(z.boolean(), false),
  /** Logs of attempts that ended longer ago than this are removed; null keeps them. */
  'log.keepDays': define(z.number().int().min(1).max(36_500).nullable(), null),
  /** The desktop application starts in the tray. */
  'window.isStartedHidden': define(z.boolean(), false),
  /** The first run has made the demo server, or the operator has removed it: it is not made again by itself. */
  'demo.wasOffered': define(z.boolean(), false),
}
type Definitions = typeof SETTINGS
export type SettingName = keyof Definitions
export type SettingValue<Name extends SettingName> = z.output<Definitions[Name]['schema']>

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

  async set<Name extends SettingName>(name: Name, value: SettingValue<Name>): Promise<void> {
    await this.#storage.write(name, SETTINGS[name].schema.parse(value))
  }
}
