import { z } from 'zod'
import { Instant } from '../domain/json.ts'
import { desk } from './base.ts'

/** Why a feature does or does not do anything. */
export const FeatureState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('on') }),
  z.object({ state: z.literal('off') }),
  /** Switched on, but without effect: what it requires is off or not there. */
  z.object({ state: z.literal('held'), missing: z.array(z.string()) }),
  /** It does not load, or is no feature: why. */
  z.object({ state: z.literal('broken'), problem: z.string() }),
])
export type FeatureState = z.infer<typeof FeatureState>

/** A feature as it is shown: shipped, or an extension from the data folder. */
export const FeatureRow = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  /** Under which heading it stands. */
  group: z.string(),
  state: FeatureState,
  /** It cannot be switched off. */
  isRequired: z.boolean(),
  /** Titles of the features that are off while this one is. */
  neededBy: z.array(z.string()),
  /** Of an extension; null for what ships. */
  extension: z
    .object({
      folder: z.string(),
      /** Files of its server half, which run on every server as the account that hosts. */
      serverFiles: z.array(z.string()),
      /** The operator has been told what it may do, and has said yes. */
      isUnderstood: z.boolean(),
    })
    .nullable(),
  /** Its hooks that failed since the application was started, newest first. */
  problems: z.array(
    z.object({ hook: z.string(), message: z.string(), at: Instant, times: z.number().int() }),
  ),
})
export type FeatureRow = z.infer<typeof FeatureRow>

export const feature = {
  list: desk.output(z.array(FeatureRow)),
  /** An extension is switched on for the first time only with `understood`. */
  switch: desk
    .input(z.object({ name: z.string(), isOn: z.boolean(), understood: z.boolean().optional() }))
    .output(FeatureRow),
  /** Looks for extensions again: new ones appear, changed ones are loaded anew. */
  lookAgain: desk.output(z.array(FeatureRow)),
}
