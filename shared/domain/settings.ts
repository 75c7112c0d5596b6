import { z } from 'zod'
import type { Json } from './json.ts'

const define = <Schema extends z.ZodType<Json>>(schema: Schema, initial: z.output<Schema>) => ({
  schema,
  initial,
})

/** Every setting of the application, with what it is before anyone has set it. Queues and features keep their own. */
export const SETTINGS = {
  /** Of the person at the desk: applications write to it where a site's client has none. */
  'operator.email': define(
    z.email('This is no mail address, for example name@example.com.').max(254).nullable(),
    null,
  ),

  'appearance.colours': define(z.enum(['system', 'light', 'dark']), 'system'),
  'appearance.textSize': define(z.enum(['compact', 'normal', 'large']), 'normal'),

  /** The application starts when the person logs in, in the tray. */
  'start.isAtLogin': define(z.boolean(), false),

  /** Tasks that the person started have ended while the window was not in front. */
  'notify.isOfEnds': define(z.boolean(), true),
  /** Any task has failed. */
  'notify.isOfFailures': define(z.boolean(), true),
  /** A server needs something from the person: a password, a decision about its host key. */
  'notify.isOfNeeds': define(z.boolean(), true),
  /** Nothing is told until it is switched off again; the tray still shows it. */
  'notify.isSilent': define(z.boolean(), false),

  'log.isWrapped': define(z.boolean(), true),
  'log.isFollowed': define(z.boolean(), true),
  /** The time of a line: by the clock, or since the log began. */
  'log.times': define(z.enum(['clock', 'elapsed']), 'clock'),
} as const

type Definitions = typeof SETTINGS
export type SettingName = keyof Definitions
export type SettingValue<Name extends SettingName> = z.output<Definitions[Name]['schema']>
export type SettingValues = { [Name in SettingName]: SettingValue<Name> }

export const INITIAL_SETTINGS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { initial }]) => [name, initial]),
) as SettingValues

/** Some settings, as they are to be set. */
export const SettingsPatch = z
  .strictObject(
    Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema])) as {
      [Name in SettingName]: Definitions[Name]['schema']
    },
  )
  .partial()
export type SettingsPatch = z.infer<typeof SettingsPatch>
