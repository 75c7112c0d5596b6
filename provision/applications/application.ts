import type { JsonRecord } from '#shared/domain/json.ts'
import type { Step } from '../steps/step.ts'

/** What only some applications can do; a command of the same name asks for it. */
export type Ability = 'cron' | 'login-reset'

/** What a folder turned out to carry. */
export interface Recognised {
  version: string | null
  /** What will not work as one may expect, for people. */
  warnings: readonly string[]
}

/** An installed site, as its application sees it. */
export interface ApplicationSite {
  uri: string
  url: string
  folder: string
  /** What is said for this run only, such as `client_email`. */
  options: JsonRecord
}

/** Does what its ability is called; returns what goes into the result's data, for login-reset `loginLink`. */
export type Operation = (site: ApplicationSite, signal: AbortSignal) => Promise<JsonRecord>

/**
 * One kind of code that sites run. It knows no web service and no context. Code of a site never runs as this account: an
 * operation asks the site's own slot to run it.
 */
export interface Application {
  name: string
  /** Whether a platform's folder carries it; undefined where it does not. */
  recognise(root: string): Promise<Recognised | undefined>
  /** Makes a new site's files from its platform's, in a folder that is not there yet. */
  install(parts: { root: string; folder: string; warn: (message: string) => void }): readonly Step[]
  abilities: Readonly<Partial<Record<Ability, Operation>>>
}

export const abilitiesOf = ({ abilities }: Application): string[] => Object.keys(abilities).sort()
