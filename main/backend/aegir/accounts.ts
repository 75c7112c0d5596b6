import type { AegirAccount } from '#shared/contract/aegir.ts'
import type { Id } from '#shared/domain/json.ts'
import type { Connection } from '../../ssh/connection.ts'
import type { DialectDriver } from '../backend.ts'
import { getDrush } from './find-drush.ts'
import { findFrontend } from './frontend.ts'
import { createAegirDriver } from './index.ts'
import { findOtherFrontend, pauseOtherFrontend, putBackOtherFrontend } from './side-by-side.ts'

export interface AegirAccountsParts {
  connect: (backendId: Id) => Promise<Connection>
  /** Whether the operator lets us put BOA's control file on this backend. */
  mayUseControlFile: (backendId: Id) => boolean
  now: () => number
}

/** The backends that speak Aegir's dialect: the driver of each, and what works beside us on its account. */
export class AegirAccounts {
  readonly #parts: AegirAccountsParts
  readonly #drivers = new Map<Id, DialectDriver>()

  constructor(parts: AegirAccountsParts) {
    this.#parts = parts
  }

  driverOf(backendId: Id): DialectDriver {
    const { mayUseControlFile, now } = this.#parts
    const driver =
      this.#drivers.get(backendId) ??
      createAegirDriver({ now, mayUseControlFile: () => mayUseControlFile(backendId) })
    this.#drivers.set(backendId, driver)
    return driver
  }

  /** Looks at the account anew. */
  async look(backendId: Id): Promise<AegirAccount> {
    const connection = await this.#parts.connect(backendId)
    const { path, version, php, hasControlFile, ...found } = await getDrush(connection)
    const frontend = await findOtherFrontend(connection)
    const isAlive = await findFrontend(connection, { path, ...found })
    return {
      drush: { path, version, php },
      frontend: { ...frontend, isAlive },
      controlFile: {
        isThere: hasControlFile,
        isAllowed: this.#parts.mayUseControlFile(backendId),
      },
    }
  }

  async pauseFrontend(backendId: Id): Promise<void> {
    const connection = await this.#parts.connect(backendId)
    await pauseOtherFrontend(connection, (await getDrush(connection)).path)
  }

  async putBackFrontend(backendId: Id): Promise<void> {
    const connection = await this.#parts.connect(backendId)
    await putBackOtherFrontend(connection, (await getDrush(connection)).path)
  }
}
