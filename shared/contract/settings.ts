import { z } from 'zod'
import { SETTINGS, SettingsPatch, type SettingName } from '../domain/settings.ts'
import { desk } from './base.ts'

const SettingValues = z.object(
  Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema])) as {
    [Name in SettingName]: (typeof SETTINGS)[Name]['schema']
  },
)

export const settings = {
  /** Every setting as it is. A change of one shows as a change of the table `setting`. */
  all: desk.output(SettingValues),
  /** Sets some, leaves the others, and answers with all. */
  set: desk.input(SettingsPatch).output(SettingValues),
}
