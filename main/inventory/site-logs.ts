import type { Id } from '#shared/domain/json.ts'
import type { SiteLogName, SiteLogPage } from '#shared/domain/site-log.ts'
import { AppError } from '#shared/errors.ts'
import type { DialectDriver } from '../backend/backend.ts'
import type { Connection } from '../ssh/connection.ts'
import type { Store } from '../store/store.ts'

export interface SiteLogsParts {
  store: Store
  /** A connection on which the far side can run our commands. */
  connect: (backendId: Id) => Promise<Connection>
  driverOf: (backendId: Id) => DialectDriver
}

/** The access and error logs of sites, as their servers keep them. Nothing of them is kept here. */
export class SiteLogs {
  readonly #parts: SiteLogsParts

  constructor(parts: SiteLogsParts) {
    this.#parts = parts
  }

  /**
   * Throws `object.not-found`, `backend.no-logs` (also where this kind of backend has none to show), `backend.refused`, and
   * what connecting throws.
   */
  async read(
    {
      siteId,
      log,
      lines,
      before,
    }: { siteId: Id; log: SiteLogName; lines: number; before: number | null },
    signal?: AbortSignal,
  ): Promise<SiteLogPage> {
    const { store, connect, driverOf } = this.#parts
    const site = store.get('site', siteId)
    const driver = driverOf(site.backendId)
    if (driver.siteLog === undefined)
      throw new AppError('backend.no-logs', `The server of ${site.title} does not show its logs.`)
    const connection = await connect(site.backendId)
    return driver.siteLog(connection, { context: site.name, log, lines, before }, signal)
  }
}
