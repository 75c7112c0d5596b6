import type { JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import type { Step } from '../steps/step.ts'
import type { Folders } from '../system/account.ts'

/**
 * What a site's application wants of the web: data, of which each web service makes its own configuration. Paths of
 * addresses begin with `/`; those of folders end with `/`, too. Files and folders are absolute, without `/` at the end.
 */
export interface WebApp {
  /** The folder that is served. */
  root: string
  /** Below these addresses no PHP is ever run. The longest one that fits an address holds. */
  folders: readonly WebFolder[]
  /** Addresses of files that are nobody's business: 404. Hidden files are that everywhere. */
  hidden: readonly string[]
  /** Endings of files, without their dot, that are nobody's business either. */
  hiddenEndings?: readonly string[]
  /** Regular expressions of addresses that are nobody's business either, as what other sites on the same code have. */
  hiddenPatterns?: readonly string[]
  /** Absent where the site is plain files: a PHP file is then no more than any other. */
  php?: WebPhp
}

export interface WebFolder {
  /** `/wp-content/uploads/`. */
  address: string
  /** Where its files lie; absent where they lie below the root, as the address says. */
  folder?: string
  /** The site's code can write here: nothing in it is to be trusted, and no link is followed. */
  isWritable: boolean
  /** What is missing in it is made by the front controller when it is asked for, as smaller pictures are. */
  isMade?: boolean
}

export interface WebPhp {
  /** The Unix socket of the site's slot. */
  socket: string
  /** What answers where no file does: `/index.php`. */
  frontController: string
  /** The addresses of scripts that may be asked for; absent where any script below the root may. */
  scripts?: readonly string[]
  /** FastCGI parameters of this site, beside the usual ones. `HTTP_HOST` is to be what was asked for, with its port. */
  params: Readonly<Record<string, string>>
}

/** A site as its web server sees it: its names, and what its application wants. */
export interface WebSite extends WebApp {
  uri: string
  aliases: readonly string[]
  /** One of its names, to which all others lead; null where each name answers. */
  redirection: string | null
  isEnabled: boolean
  /** Absent where it answers by HTTP alone. Read when a step runs: a step before it may have got the certificate. */
  tls?: WebTls | undefined
}

export interface WebTls {
  /** The certificate, what follows it, and its key, in one file that never changes. */
  file: string
  /** Plain HTTP only leads to HTTPS. */
  isRequired: boolean
  /** Whether browsers trust it: somebody else vouches for it. */
  isTrusted: boolean
}

/** What a web service of one server can do. It knows no context and no application. */
export interface WebService<OneStep = Step> {
  /** The server's own configuration, brought up to date and looked at. `facts` are filled while the steps run. */
  verifyServer(facts: JsonRecord): OneStep[]
  configureSite(site: WebSite): OneStep[]
  removeSite(uri: string): OneStep[]
  removeServer(): OneStep[]
  urlOf(uri: string, options?: { isSecure: boolean }): string
  /** Whether a site could answer by HTTPS; absent where none can. */
  hasHttps?(): Promise<boolean>
  /** Files in which a site's visits and errors stand; absent where none are kept. */
  logsOf?(uri: string): Readonly<Record<SiteLog, string>>
  /** Puts aside what its logs have of past days, packs it, and removes what is old; does nothing where it was done. */
  rotateLogs?(now: number, signal: AbortSignal): Promise<void>
}

export type SiteLog = 'access' | 'error'

/** What a web service is built with. */
export interface WebServiceParts {
  folders: Folders
  port: number
  /** Where sites answer by HTTPS; absent: where the machine was prepared for it, else nowhere. */
  httpsPort?: number | undefined
  restartCommand: string | undefined
  log: (level: LogLevel, message: string) => void
}
