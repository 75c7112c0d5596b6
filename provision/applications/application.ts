import type { Json, JsonRecord } from '#shared/domain/json.ts'
import type { WebApp } from '../services/web-service.ts'
import type { Step } from '../steps/step.ts'
import type { Package } from './packages.ts'

/** What only some applications can do; a command of the same name asks for it. */
export type Ability = 'cron' | 'login-reset'

/** What is done in a site's slot, each by a script of its own. */
export type SlotWork = 'install' | 'update' | 'renamed' | 'status' | Ability

/** What a folder turned out to carry. */
export interface Recognised {
  version: string | null
  /** What will not work as one may expect, for people. */
  warnings: readonly string[]
  packages?: readonly Package[]
  /** Where it depends on the folder; else all that the application has. */
  abilities?: readonly Ability[]
}

/** A site, as its application sees it. */
export interface ApplicationSite {
  uri: string
  url: string
  /** Its other names. */
  aliases: readonly string[]
  folder: string
  /** The folder of its platform: code that it shares with other sites, and does not own. */
  root: string
  /** What is said for this run only, such as `client_email`. */
  options: JsonRecord
}

/** Does what its ability is called; returns what goes into the result's data, for login-reset `loginLink`. */
export type Operation<Site = ApplicationSite> = (
  site: Site,
  signal: AbortSignal,
) => Promise<JsonRecord>

interface Common {
  name: string
  /** Whether a platform's folder carries it; undefined where it does not. */
  recognise(root: string): Promise<Recognised | undefined>
}

/** Sites that are files and no more: nothing of them is ever run. */
export interface FilesApplication extends Common {
  kind: 'files'
  /** Makes a new site's files from its platform's, in a folder that is not there yet. */
  install(parts: { root: string; folder: string; warn: (message: string) => void }): readonly Step[]
  abilities: Readonly<Partial<Record<Ability, Operation>>>
}

/** The slot and the database of a site with code. */
export interface CodeSite extends ApplicationSite {
  title: string
  mail: string
  language: string
  profile: string | null
  /** What the application itself keeps about this site, from when it was made. */
  facts: JsonRecord
  /** The slot's account, as which its code runs, and the socket that PHP answers on. */
  slot: { name: string; socket: string }
  /** Its slot's account logs in to it by the socket, without a password. */
  database: { name: string; user: string; socket: string }
  /**
   * Runs PHP of ours in the site's slot, the only place where its code may run; `input` is there as $HD. Returns what it
   * returned, which is the site's word.
   */
  evaluate(source: string, input: JsonRecord, signal: AbortSignal): Promise<Json>
}

/** A file of a site, by its name in the site's folder. */
export interface SiteFile {
  name: string
  text: string
}

/**
 * Sites with code and a database. The code lies in the platform and is shared; a site's own folder holds its settings, what
 * was uploaded, and what only it has. It knows no web service and no context.
 */
export interface CodeApplication extends Common {
  kind: 'code'
  /** Folders below a site's own that its code writes to. Whatever is not in one of these, it can only read. */
  writable: readonly string[]
  /** Columns, by how `table.column` ends, in which addresses are names and stay as they are. */
  keptColumns: readonly string[]
  webApp(site: CodeSite): Promise<WebApp>
  /** Files that a platform's folder must have, so that its code finds each site's settings. */
  platformFiles(root: string): Promise<SiteFile[]>
  /** A link of this name in the platform leads to the site's folder; absent where the code finds that by itself. */
  platformLink?(site: CodeSite): string
  /** What a new site has of its own besides settings, in a folder that is there and empty. */
  layOut(
    site: CodeSite,
    folder: string,
    parts: { signal: AbortSignal; warn: (message: string) => void },
  ): Promise<void>
  /** Files that say where its database is and what its address is; written anew whenever that changes. */
  settings(site: CodeSite): SiteFile[]
  /** Files with what nobody may guess; written for a site that is new, also as a copy. */
  secrets(site: CodeSite): Promise<SiteFile[]>
  /** Which script does a piece of work, for people; undefined where none does. Ours are named as in docs/sites-with-code.md. */
  scriptFor(work: SlotWork, root: string): Promise<string | undefined>
  /** Fills the database. What it returns goes into the result's data. */
  install(site: CodeSite, signal: AbortSignal): Promise<JsonRecord>
  /** After its code has become another; brings the database to it. */
  update(site: CodeSite, signal: AbortSignal): Promise<void>
  /** What else stands in texts and changes with the site's name: pairs of old and new. */
  movedTexts?(from: string, to: string): readonly (readonly [string, string])[]
  /** The address that a site from elsewhere believes to have, out of its database. */
  findUrl?(site: CodeSite, signal: AbortSignal): Promise<string>
  /** After its address has become another, and the texts in its database were changed. */
  renamed(site: CodeSite, signal: AbortSignal): Promise<void>
  /** How the site is: what of a SiteReport its application can tell. Changes nothing. */
  status(site: CodeSite, signal: AbortSignal): Promise<Json>
  /** What a site that was made elsewhere has, in its folder as it was put there. Reads, and runs nothing. */
  findForeign(folder: string): Promise<ForeignSite | undefined>
  abilities: Readonly<Partial<Record<Ability, Operation<CodeSite>>>>
}

/** A site that was made elsewhere. */
export interface ForeignSite {
  /** A dump of its database. */
  dump: string
  /** What of its files becomes which of the site's. */
  files: readonly { from: string; to: string }[]
  /** What its settings need to know of it, such as a prefix of tables. */
  facts: JsonRecord
}

export type Application = FilesApplication | CodeApplication

export const abilitiesOf = (
  { abilities }: Application,
  found: readonly Ability[] | undefined,
): string[] => [...(found ?? Object.keys(abilities))].sort()
