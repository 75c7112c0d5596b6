import { z } from 'zod'
import { Id } from '../domain/json.ts'
import { desk } from './base.ts'

/** What an account of Aegir's has beside its contexts. */
export const AegirAccount = z.object({
  /** What was found there: for people. */
  drush: z.object({ path: z.string(), version: z.string(), php: z.string().nullable() }),
  /** Aegir's own frontend, as far as it is there. */
  frontend: z.object({
    isThere: z.boolean(),
    /** Whether its site boots: then Provision’s calls to it are answered. */
    isAlive: z.boolean(),
    crontabLines: z.array(z.string()),
    daemons: z.array(z.number().int()),
    isPausedByUs: z.boolean(),
  }),
  /** BOA's control file, with which Provision calls no frontend. */
  controlFile: z.object({ isThere: z.boolean(), isAllowed: z.boolean() }),
})
export type AegirAccount = z.infer<typeof AegirAccount>

const backend = z.object({ backendId: Id })

/** What is asked of backends that speak Aegir's dialect; of others `task.not-allowed`. */
export const aegir = {
  /** Looks at the account anew. */
  account: desk.input(backend).output(AegirAccount),
  /** With the operator's consent: Aegir's own frontend finishes what it does and starts nothing more. */
  pauseFrontend: desk.input(backend).output(AegirAccount),
  /** As it was before the pause. */
  putBackFrontend: desk.input(backend).output(AegirAccount),
  /** Removes the account here with all that it has; touches nothing there, so that an import brings it back. */
  forgetAccount: desk.input(backend).output(z.object({})),
  /** Whether clone, migrate and import may put BOA's control file there in place of our own steps. */
  allowControlFile: desk.input(backend.extend({ isAllowed: z.boolean() })).output(AegirAccount),
}
