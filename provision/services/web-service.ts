import type { JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import type { Step } from '../steps/step.ts'
import type { Folders } from '../system/account.ts'

/** A site as its web server sees it. */
export interface WebSite {
  uri: string
  aliases: readonly string[]
  /** One of its names, to which all others lead; null where each name answers. */
  redirection: string | null
  /** The folder that is served, absolute. */
  root: string
  isEnabled: boolean
}

/** What a web service of one server can do. It knows no context and no application. */
export interface WebService {
  /** The server's own configuration, brought up to date and looked at. `facts` are filled while the steps run. */
  verifyServer(facts: JsonRecord): Step[]
  configureSite(site: WebSite): Step[]
  removeSite(uri: string): Step[]
  removeServer(): Step[]
  urlOf(uri: string): string
}

/** What a web service is built with. */
export interface WebServiceParts {
  folders: Folders
  port: number
  restartCommand: string | undefined
  log: (level: LogLevel, message: string) => void
}
